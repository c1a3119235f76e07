-- Active sessions: asked for by a caller, captured by a person's page, told by a callback.

CREATE TABLE active_sessions (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    tenant_no INTEGER NOT NULL REFERENCES tenants (no),
    credential_id TEXT,
    contract TEXT NOT NULL,
    reference TEXT,
    token_hash BLOB NOT NULL UNIQUE,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Until when the link may be opened.
    expires_at INTEGER NOT NULL,
    attempts_left INTEGER NOT NULL,
    -- 1 where a callback is to be sent.
    callback INTEGER NOT NULL,
    -- What was asked for, and what came of it; sealed by the caller.
    asked BLOB NOT NULL,
    result BLOB,
    failure TEXT,
    ended_at INTEGER,
    erase_at INTEGER NOT NULL,
    -- The capture that runs: who has it, until when it must be heard of, when it must be over, and whether it
    -- has shown a step (1).
    owner TEXT,
    lease_until INTEGER,
    deadline INTEGER,
    revealed INTEGER NOT NULL
) STRICT;
CREATE INDEX active_sessions_by_tenant ON active_sessions (tenant_no, created_at, id);
CREATE INDEX active_sessions_by_time ON active_sessions (created_at, id);
CREATE INDEX active_sessions_by_reference ON active_sessions (tenant_no, reference) WHERE reference IS NOT NULL;
CREATE INDEX active_sessions_by_state ON active_sessions (state, expires_at);
CREATE INDEX active_sessions_by_erasure ON active_sessions (erase_at);

-- Best matching frames, sealed by the caller.
CREATE TABLE session_media (
    session_no INTEGER NOT NULL REFERENCES active_sessions (no) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (session_no, ordinal)
) STRICT;
CREATE INDEX session_media_by_expiry ON session_media (expires_at);

-- One callback for each ended session that asked for one.
CREATE TABLE deliveries (
    session_no INTEGER NOT NULL PRIMARY KEY REFERENCES active_sessions (no) ON DELETE CASCADE,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    give_up_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    owner TEXT,
    lease_until INTEGER
) STRICT;
CREATE INDEX deliveries_by_turn ON deliveries (state, next_at);

CREATE TABLE delivery_attempts (
    no INTEGER PRIMARY KEY,
    session_no INTEGER NOT NULL REFERENCES deliveries (session_no) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT
) STRICT;
CREATE INDEX delivery_attempts_by_session ON delivery_attempts (session_no, no);
