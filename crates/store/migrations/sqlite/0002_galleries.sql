-- Faces that a tenant looks others up among. Descriptors are sealed by the caller.

CREATE TABLE galleries (
    no INTEGER PRIMARY KEY,
    -- Random, so that a gallery that was erased and made anew is another one.
    id TEXT NOT NULL UNIQUE,
    tenant_no INTEGER NOT NULL REFERENCES tenants (no),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Rises with every change of its faces.
    version INTEGER NOT NULL,
    faces INTEGER NOT NULL CHECK (faces >= 0),
    UNIQUE (tenant_no, name)
) STRICT;

CREATE TABLE gallery_faces (
    gallery_no INTEGER NOT NULL REFERENCES galleries (no) ON DELETE CASCADE,
    -- The gallery's version when it was added: it only rises, and no number comes twice.
    no INTEGER NOT NULL,
    face_id TEXT NOT NULL,
    label TEXT,
    reference TEXT,
    created_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (gallery_no, no),
    UNIQUE (gallery_no, face_id)
) STRICT;
CREATE INDEX gallery_faces_by_reference ON gallery_faces (reference) WHERE reference IS NOT NULL;
