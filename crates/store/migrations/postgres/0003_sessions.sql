-- Active sessions: asked for by a caller, captured by a person's page, told by a callback.

CREATE TABLE active_sessions (
    no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    tenant_no BIGINT NOT NULL REFERENCES tenants (no),
    credential_id TEXT COLLATE "C",
    contract TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C",
    token_hash BYTEA NOT NULL UNIQUE,
    state TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- Until when the link may be opened.
    expires_at BIGINT NOT NULL,
    attempts_left BIGINT NOT NULL,
    -- 1 where a callback is to be sent.
    callback BIGINT NOT NULL,
    -- What was asked for, and what came of it; sealed by the caller.
    asked BYTEA NOT NULL,
    result BYTEA,
    failure TEXT COLLATE "C",
    ended_at BIGINT,
    erase_at BIGINT NOT NULL,
    -- The capture that runs: who has it, until when it must be heard of, when it must be over, and whether it
    -- has shown a step (1).
    owner TEXT COLLATE "C",
    lease_until BIGINT,
    deadline BIGINT,
    revealed BIGINT NOT NULL
);
CREATE INDEX active_sessions_by_tenant ON active_sessions (tenant_no, created_at, id);
CREATE INDEX active_sessions_by_time ON active_sessions (created_at, id);
CREATE INDEX active_sessions_by_reference ON active_sessions (tenant_no, reference) WHERE reference IS NOT NULL;
CREATE INDEX active_sessions_by_state ON active_sessions (state, expires_at);
CREATE INDEX active_sessions_by_erasure ON active_sessions (erase_at);

-- Best matching frames, sealed by the caller.
CREATE TABLE session_media (
    session_no BIGINT NOT NULL REFERENCES active_sessions (no) ON DELETE CASCADE,
    ordinal BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (session_no, ordinal)
);
CREATE INDEX session_media_by_expiry ON session_media (expires_at);

-- One callback for each ended session that asked for one.
CREATE TABLE deliveries (
    session_no BIGINT NOT NULL PRIMARY KEY REFERENCES active_sessions (no) ON DELETE CASCADE,
    state TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    give_up_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    owner TEXT COLLATE "C",
    lease_until BIGINT
);
CREATE INDEX deliveries_by_turn ON deliveries (state, next_at);

CREATE TABLE delivery_attempts (
    no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_no BIGINT NOT NULL REFERENCES deliveries (session_no) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    status BIGINT,
    error TEXT COLLATE "C"
);
CREATE INDEX delivery_attempts_by_session ON delivery_attempts (session_no, no);
