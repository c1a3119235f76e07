-- Times are milliseconds since the Unix epoch. Text sorts by bytes, as in the SQLite twin.

CREATE TABLE tenants (
    -- Short, because every index over checks carries it.
    no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    balance BIGINT NOT NULL CHECK (balance >= 0),
    settings TEXT COLLATE "C" NOT NULL
);

CREATE TABLE ledger (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    check_id TEXT COLLATE "C"
);
CREATE INDEX ledger_by_tenant ON ledger (tenant_id, id);
CREATE INDEX ledger_by_check ON ledger (check_id) WHERE check_id IS NOT NULL;

CREATE TABLE credentials (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    kind TEXT COLLATE "C" NOT NULL,
    public_id TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    secret_hash BYTEA,
    second_hash BYTEA,
    sealed_secret BYTEA,
    rules TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    last_used_at BIGINT,
    UNIQUE (kind, public_id)
);
CREATE INDEX credentials_by_tenant ON credentials (tenant_id);

-- Answered checks by credential and calendar month, written as year * 100 + month.
CREATE TABLE usage (
    credential_id TEXT COLLATE "C" NOT NULL REFERENCES credentials (id),
    month BIGINT NOT NULL,
    checks BIGINT NOT NULL,
    PRIMARY KEY (credential_id, month)
);

CREATE TABLE tokens (
    hash BYTEA NOT NULL PRIMARY KEY,
    tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    credential_id TEXT COLLATE "C" NOT NULL REFERENCES credentials (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX tokens_by_credential ON tokens (credential_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE checks (
    no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    tenant_no BIGINT NOT NULL REFERENCES tenants (no),
    credential_id TEXT COLLATE "C",
    contract TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C",
    at BIGINT NOT NULL,
    verdict TEXT COLLATE "C" NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    profile TEXT COLLATE "C" NOT NULL,
    calibration TEXT COLLATE "C" NOT NULL,
    signals TEXT COLLATE "C" NOT NULL,
    reasons TEXT COLLATE "C" NOT NULL,
    sha256 BYTEA NOT NULL,
    -- The 64 bits of the perceptual hash as a signed number, and its four quarters.
    phash BIGINT NOT NULL,
    band0 INTEGER NOT NULL,
    band1 INTEGER NOT NULL,
    band2 INTEGER NOT NULL,
    band3 INTEGER NOT NULL,
    latency_ms DOUBLE PRECISION NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX checks_by_time ON checks (at, id);
CREATE INDEX checks_by_tenant ON checks (tenant_no, at, id);
CREATE INDEX checks_by_reference ON checks (tenant_no, reference) WHERE reference IS NOT NULL;
CREATE INDEX checks_by_expiry ON checks (expires_at);
CREATE INDEX checks_by_file ON checks (tenant_no, sha256, at);
-- These four hold all that the look-up of a replayed picture compares.
CREATE INDEX checks_by_band0 ON checks (tenant_no, band0, at, phash) INCLUDE (no);
CREATE INDEX checks_by_band1 ON checks (tenant_no, band1, at, phash) INCLUDE (no);
CREATE INDEX checks_by_band2 ON checks (tenant_no, band2, at, phash) INCLUDE (no);
CREATE INDEX checks_by_band3 ON checks (tenant_no, band3, at, phash) INCLUDE (no);

-- The codes of checks.reasons once more, for filters and charts.
CREATE TABLE check_reasons (
    check_no BIGINT NOT NULL REFERENCES checks (no) ON DELETE CASCADE,
    code TEXT COLLATE "C" NOT NULL,
    check_id TEXT COLLATE "C" NOT NULL,
    tenant_no BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (check_no, code)
);
CREATE INDEX check_reasons_by_code ON check_reasons (code, at, check_id);
CREATE INDEX check_reasons_by_tenant ON check_reasons (tenant_no, code, at, check_id);
CREATE INDEX check_reasons_by_time ON check_reasons (at, code, tenant_no);

CREATE TABLE images (
    check_no BIGINT NOT NULL PRIMARY KEY REFERENCES checks (no) ON DELETE CASCADE,
    sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX images_by_expiry ON images (expires_at);

CREATE TABLE answers (
    tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    scope TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    check_id TEXT COLLATE "C" NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    content_type TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, scope, key)
);
CREATE INDEX answers_by_check ON answers (check_id);
CREATE INDEX answers_by_expiry ON answers (expires_at);

CREATE TABLE operators (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE sessions (
    hash BYTEA NOT NULL PRIMARY KEY,
    operator_id TEXT COLLATE "C" NOT NULL REFERENCES operators (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_operator ON sessions (operator_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE audit_log (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL
);

-- One row: the number and the hash of the last line. Who writes a line changes it first, so that
-- lines are written one after the other.
CREATE TABLE audit_head (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
INSERT INTO audit_head (one, seq, hash)
VALUES (1, 0, '\x0000000000000000000000000000000000000000000000000000000000000000');
