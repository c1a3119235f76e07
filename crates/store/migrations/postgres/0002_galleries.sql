-- Faces that a tenant looks others up among. Descriptors are sealed by the caller.

CREATE TABLE galleries (
    no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Random, so that a gallery that was erased and made anew is another one.
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    tenant_no BIGINT NOT NULL REFERENCES tenants (no),
    name TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- Rises with every change of its faces.
    version BIGINT NOT NULL,
    faces BIGINT NOT NULL CHECK (faces >= 0),
    UNIQUE (tenant_no, name)
);

CREATE TABLE gallery_faces (
    gallery_no BIGINT NOT NULL REFERENCES galleries (no) ON DELETE CASCADE,
    -- The gallery's version when it was added: it only rises, and no number comes twice.
    no BIGINT NOT NULL,
    face_id TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C",
    reference TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (gallery_no, no),
    UNIQUE (gallery_no, face_id)
);
CREATE INDEX gallery_faces_by_reference ON gallery_faces (reference) WHERE reference IS NOT NULL;
