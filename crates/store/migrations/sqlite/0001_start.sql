-- Times are milliseconds since the Unix epoch. Text sorts by bytes, as in the Postgres twin.

CREATE TABLE tenants (
    -- Short, because every index over checks carries it.
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    balance INTEGER NOT NULL CHECK (balance >= 0),
    settings TEXT NOT NULL
) STRICT;

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    balance INTEGER NOT NULL,
    check_id TEXT
) STRICT;
CREATE INDEX ledger_by_tenant ON ledger (tenant_id, id);
CREATE INDEX ledger_by_check ON ledger (check_id) WHERE check_id IS NOT NULL;

CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    public_id TEXT NOT NULL,
    label TEXT NOT NULL,
    secret_hash BLOB,
    second_hash BLOB,
    sealed_secret BLOB,
    rules TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    last_used_at INTEGER,
    UNIQUE (kind, public_id)
) STRICT;
CREATE INDEX credentials_by_tenant ON credentials (tenant_id);

-- Answered checks by credential and calendar month, written as year * 100 + month.
CREATE TABLE usage (
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    month INTEGER NOT NULL,
    checks INTEGER NOT NULL,
    PRIMARY KEY (credential_id, month)
) STRICT;

CREATE TABLE tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    credential_id TEXT NOT NULL REFERENCES credentials (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX tokens_by_credential ON tokens (credential_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE checks (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    tenant_no INTEGER NOT NULL REFERENCES tenants (no),
    credential_id TEXT,
    contract TEXT NOT NULL,
    reference TEXT,
    at INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    confidence REAL NOT NULL,
    profile TEXT NOT NULL,
    calibration TEXT NOT NULL,
    signals TEXT NOT NULL,
    reasons TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    -- The 64 bits of the perceptual hash as a signed number, and its four quarters.
    phash INTEGER NOT NULL,
    band0 INTEGER NOT NULL,
    band1 INTEGER NOT NULL,
    band2 INTEGER NOT NULL,
    band3 INTEGER NOT NULL,
    latency_ms REAL NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX checks_by_time ON checks (at, id);
CREATE INDEX checks_by_tenant ON checks (tenant_no, at, id);
CREATE INDEX checks_by_reference ON checks (tenant_no, reference) WHERE reference IS NOT NULL;
CREATE INDEX checks_by_expiry ON checks (expires_at);
CREATE INDEX checks_by_file ON checks (tenant_no, sha256, at);
-- These four hold all that the look-up of a replayed picture compares.
CREATE INDEX checks_by_band0 ON checks (tenant_no, band0, at, phash);
CREATE INDEX checks_by_band1 ON checks (tenant_no, band1, at, phash);
CREATE INDEX checks_by_band2 ON checks (tenant_no, band2, at, phash);
CREATE INDEX checks_by_band3 ON checks (tenant_no, band3, at, phash);

-- The codes of checks.reasons once more, for filters and charts.
CREATE TABLE check_reasons (
    check_no INTEGER NOT NULL REFERENCES checks (no) ON DELETE CASCADE,
    code TEXT NOT NULL,
    check_id TEXT NOT NULL,
    tenant_no INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (check_no, code)
) STRICT;
CREATE INDEX check_reasons_by_code ON check_reasons (code, at, check_id);
CREATE INDEX check_reasons_by_tenant ON check_reasons (tenant_no, code, at, check_id);
CREATE INDEX check_reasons_by_time ON check_reasons (at, code, tenant_no);

CREATE TABLE images (
    check_no INTEGER NOT NULL PRIMARY KEY REFERENCES checks (no) ON DELETE CASCADE,
    sealed BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX images_by_expiry ON images (expires_at);

CREATE TABLE answers (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    check_id TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    body BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, scope, key)
) STRICT;
CREATE INDEX answers_by_check ON answers (check_id);
CREATE INDEX answers_by_expiry ON answers (expires_at);

CREATE TABLE operators (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE sessions (
    hash BLOB NOT NULL PRIMARY KEY,
    operator_id TEXT NOT NULL REFERENCES operators (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_operator ON sessions (operator_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE audit_log (
    seq INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- One row: the number and the hash of the last line. Who writes a line changes it first, so that
-- lines are written one after the other.
CREATE TABLE audit_head (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_head (one, seq, hash)
VALUES (1, 0, X'0000000000000000000000000000000000000000000000000000000000000000');
