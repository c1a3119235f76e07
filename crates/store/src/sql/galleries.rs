//! Galleries and their faces.
//!
//! Every change begins with the gallery's own row, whose version rises; so changes of one gallery come one after
//! the other, and the version of a face's addition is its number.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::access::count_use;
use super::rows::get;
use super::{Result, SqlStore, Tx, findable, storable};
use crate::{Act, Added, Erased, Gallery, GalleryFace, Millis, NewFace, SealedFace, StoreError};

/// Most faces that one statement asks for by their numbers.
const MOST_NUMBERS: usize = 100;

impl SqlStore {
    pub(super) async fn add_face(&self, face: &NewFace, most: i64, act: &Act) -> Result<Added> {
        for (text, what) in [
            (Some(&face.gallery), "a gallery's name"),
            (Some(&face.face_id), "a face's identifier"),
            (face.label.as_ref(), "a label"),
            (face.reference.as_ref(), "a reference"),
        ] {
            text.map_or(Ok(()), |text| storable(text, what))?;
        }
        let mut tx = self.begin().await?;
        make_gallery(&mut tx, face, act.at).await?;
        let gallery = sqlx::query(
            "UPDATE galleries SET version = version + 1, faces = faces + 1 \
             WHERE name = $1 AND tenant_no = (SELECT no FROM tenants WHERE id = $2) \
             RETURNING no, id, name, created_at, version, faces",
        )
        .bind(&face.gallery)
        .bind(&face.tenant_id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::not_found("the tenant"))?;
        let (gallery_no, gallery): (i64, Gallery) = (get(&gallery, "no")?, of_row(&gallery)?);
        if gallery.faces > most {
            tx.rollback().await?;
            return Ok(Added::Full);
        }
        let added = sqlx::query(
            "INSERT INTO gallery_faces (gallery_no, no, face_id, label, reference, created_at, \
             sealed) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (gallery_no, face_id) DO NOTHING",
        )
        .bind(gallery_no)
        .bind(gallery.version)
        .bind(&face.face_id)
        .bind(face.label.as_deref())
        .bind(face.reference.as_deref())
        .bind(act.at)
        .bind(face.sealed.as_slice())
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            tx.rollback().await?;
            return Ok(Added::Exists);
        }
        // The identifier of a face may be that of a person, whom the log could not forget.
        let target = target(&face.tenant_id, &face.gallery);
        let detail = serde_json::json!({ "faces": gallery.faces });
        act.write(&mut tx, "gallery.face.add", &target, &detail)
            .await?;
        tx.commit().await?;
        Ok(Added::Done(gallery))
    }

    pub(super) async fn erase_face(
        &self,
        tenant_id: &str,
        gallery: &str,
        face_id: &str,
        act: &Act,
    ) -> Result<Erased> {
        if !findable(gallery) || !findable(face_id) {
            return Ok(Erased::default());
        }
        let mut tx = self.begin().await?;
        let held = sqlx::query(
            "UPDATE galleries SET version = version + 1, faces = faces - 1 \
             WHERE name = $1 AND tenant_no = (SELECT no FROM tenants WHERE id = $2) \
             AND EXISTS (SELECT 1 FROM gallery_faces f \
             WHERE f.gallery_no = galleries.no AND f.face_id = $3) RETURNING no",
        )
        .bind(gallery)
        .bind(tenant_id)
        .bind(face_id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(held) = held else {
            return Ok(Erased::default());
        };
        let gone = sqlx::query("DELETE FROM gallery_faces WHERE gallery_no = $1 AND face_id = $2")
            .bind(get::<i64>(&held, "no")?)
            .bind(face_id)
            .execute(&mut *tx)
            .await?;
        let erased = Erased {
            faces: gone.rows_affected(),
            ..Erased::default()
        };
        if erased.faces == 0 {
            // Postgres may have seen the face before another transaction erased it.
            tx.rollback().await?;
            return Ok(erased);
        }
        let target = target(tenant_id, gallery);
        act.write(&mut tx, "gallery.face.erase", &target, &erased)
            .await?;
        tx.commit().await?;
        self.forget_journal().await;
        Ok(erased)
    }

    pub(super) async fn erase_gallery(
        &self,
        tenant_id: &str,
        gallery: &str,
        act: &Act,
    ) -> Result<Option<Erased>> {
        if !findable(gallery) {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        let gone = sqlx::query(
            "DELETE FROM galleries \
             WHERE name = $1 AND tenant_no = (SELECT no FROM tenants WHERE id = $2) \
             RETURNING faces",
        )
        .bind(gallery)
        .bind(tenant_id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(gone) = gone else {
            return Ok(None);
        };
        let erased = Erased {
            faces: get::<i64>(&gone, "faces")?.unsigned_abs(),
            ..Erased::default()
        };
        let target = target(tenant_id, gallery);
        act.write(&mut tx, "gallery.erase", &target, &erased)
            .await?;
        tx.commit().await?;
        self.forget_journal().await;
        Ok(Some(erased))
    }

    pub(super) async fn galleries(&self, tenant_id: &str) -> Result<Vec<Gallery>> {
        sqlx::query(
            "SELECT g.id, g.name, g.created_at, g.version, g.faces FROM galleries g \
             JOIN tenants t ON t.no = g.tenant_no WHERE t.id = $1 ORDER BY g.name",
        )
        .bind(tenant_id)
        .fetch_all(&self.read)
        .await?
        .iter()
        .map(of_row)
        .collect()
    }

    pub(super) async fn gallery(&self, tenant_id: &str, name: &str) -> Result<Option<Gallery>> {
        if !findable(name) {
            return Ok(None);
        }
        sqlx::query(
            "SELECT g.id, g.name, g.created_at, g.version, g.faces FROM galleries g \
             JOIN tenants t ON t.no = g.tenant_no WHERE t.id = $1 AND g.name = $2",
        )
        .bind(tenant_id)
        .bind(name)
        .fetch_optional(&self.read)
        .await?
        .as_ref()
        .map(of_row)
        .transpose()
    }

    pub(super) async fn sealed_faces(
        &self,
        gallery_id: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SealedFace>> {
        let rows = sqlx::query(
            "SELECT f.no, f.face_id, f.sealed FROM gallery_faces f \
             JOIN galleries g ON g.no = f.gallery_no \
             WHERE g.id = $1 AND f.no > $2 ORDER BY f.no LIMIT $3",
        )
        .bind(gallery_id)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        let face = |row: &AnyRow| {
            Ok(SealedFace {
                no: get(row, "no")?,
                face_id: get(row, "face_id")?,
                sealed: get(row, "sealed")?,
            })
        };
        rows.iter().map(face).collect()
    }

    pub(super) async fn face_numbers(
        &self,
        gallery_id: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<i64>> {
        let rows = sqlx::query(
            "SELECT f.no FROM gallery_faces f JOIN galleries g ON g.no = f.gallery_no \
             WHERE g.id = $1 AND f.no > $2 ORDER BY f.no LIMIT $3",
        )
        .bind(gallery_id)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| get(row, "no")).collect()
    }

    pub(super) async fn faces(
        &self,
        gallery_id: &str,
        numbers: &[i64],
    ) -> Result<Vec<GalleryFace>> {
        let mut faces = Vec::with_capacity(numbers.len());
        for numbers in numbers.chunks(MOST_NUMBERS) {
            // What callers say is always a value, never part of the text.
            let places = Vec::from_iter((2..).take(numbers.len()).map(|nth| format!("${nth}")));
            let sql = format!(
                "SELECT f.no, f.face_id, f.label, f.reference, f.created_at \
                 FROM gallery_faces f JOIN galleries g ON g.no = f.gallery_no \
                 WHERE g.id = $1 AND f.no IN ({})",
                places.join(", ")
            );
            let mut statement = sqlx::query(AssertSqlSafe(sql)).bind(gallery_id);
            for number in numbers {
                statement = statement.bind(*number);
            }
            for row in &statement.fetch_all(&self.read).await? {
                faces.push(GalleryFace {
                    no: get(row, "no")?,
                    face_id: get(row, "face_id")?,
                    label: get(row, "label")?,
                    reference: get(row, "reference")?,
                    created_at: get(row, "created_at")?,
                });
            }
        }
        Ok(faces)
    }

    pub(super) async fn count_use(
        &self,
        tenant_id: &str,
        credential_id: &str,
        at: Millis,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        count_use(&mut tx, tenant_id, credential_id, at).await?;
        Ok(tx.commit().await?)
    }
}

/// The gallery of a face, unless it is there.
async fn make_gallery(tx: &mut Tx, face: &NewFace, at: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO galleries (id, tenant_no, name, created_at, version, faces) \
         SELECT $1, no, $2, $3, 0, 0 FROM tenants WHERE id = $4 \
         ON CONFLICT (tenant_no, name) DO NOTHING",
    )
    .bind(&face.fresh_gallery_id)
    .bind(&face.gallery)
    .bind(at)
    .bind(&face.tenant_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Erases the faces of a tenant's galleries with a caller's reference.
pub(super) async fn erase_faces_of(tx: &mut Tx, tenant_id: &str, reference: &str) -> Result<u64> {
    // In the order of their numbers, so that two that erase the same do not wait for each other.
    let galleries = sqlx::query(
        "SELECT DISTINCT g.no FROM galleries g JOIN tenants t ON t.no = g.tenant_no \
         JOIN gallery_faces f ON f.gallery_no = g.no \
         WHERE t.id = $1 AND f.reference = $2 ORDER BY g.no",
    )
    .bind(tenant_id)
    .bind(reference)
    .fetch_all(&mut **tx)
    .await?;
    let mut erased = 0;
    for row in &galleries {
        let no: i64 = get(row, "no")?;
        // The gallery's row first: it holds off whoever adds a face meanwhile.
        sqlx::query("UPDATE galleries SET version = version + 1 WHERE no = $1")
            .bind(no)
            .execute(&mut **tx)
            .await?;
        let gone =
            sqlx::query("DELETE FROM gallery_faces WHERE gallery_no = $1 AND reference = $2")
                .bind(no)
                .bind(reference)
                .execute(&mut **tx)
                .await?
                .rows_affected();
        sqlx::query("UPDATE galleries SET faces = faces - $1 WHERE no = $2")
            .bind(gone.cast_signed())
            .bind(no)
            .execute(&mut **tx)
            .await?;
        erased += gone;
    }
    Ok(erased)
}

fn of_row(row: &AnyRow) -> Result<Gallery> {
    Ok(Gallery {
        id: get(row, "id")?,
        name: get(row, "name")?,
        created_at: get(row, "created_at")?,
        version: get(row, "version")?,
        faces: get(row, "faces")?,
    })
}

/// What the audit log calls a gallery.
fn target(tenant_id: &str, gallery: &str) -> String {
    format!("{tenant_id}/{gallery}")
}
