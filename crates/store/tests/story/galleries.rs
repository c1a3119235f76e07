use lifesign_store::{Added, Erased, Gallery, NewFace, SealedFace, Store, StoreError};

use crate::bench::{Bench, NOW, act, check, credential};
use crate::stories;

const MOST: i64 = 1000;

fn face(tenant: &str, gallery: &str, id: &str) -> NewFace {
    NewFace {
        tenant_id: tenant.to_owned(),
        gallery: gallery.to_owned(),
        fresh_gallery_id: format!("fresh {tenant} {gallery} {id}"),
        face_id: id.to_owned(),
        label: None,
        reference: None,
        sealed: format!("sealed {tenant} {gallery} {id}").into_bytes(),
    }
}

async fn add(bench: &Bench, face: &NewFace) -> Gallery {
    match bench.store.add_face(face, MOST, &act(NOW)).await.unwrap() {
        Added::Done(gallery) => gallery,
        other => panic!("{other:?}"),
    }
}

/// Identifiers of a gallery's faces in the order of their numbers.
async fn ids(bench: &Bench, gallery: &Gallery) -> Vec<String> {
    let faces = bench
        .store
        .sealed_faces(&gallery.id, 0, 1000)
        .await
        .unwrap();
    faces.into_iter().map(|face| face.face_id).collect()
}

async fn gallery(bench: &Bench, tenant: &str, name: &str) -> Option<Gallery> {
    bench.store.gallery(tenant, name).await.unwrap()
}

const ONE_FACE: Erased = Erased {
    checks: 0,
    images: 0,
    answers: 0,
    tokens: 0,
    sessions: 0,
    media: 0,
    faces: 1,
};

stories! {
    async fn a_gallery_comes_with_its_first_face_and_goes_as_a_whole(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        assert_eq!(store.galleries("t1").await.unwrap(), []);
        assert_eq!(gallery(bench, "t1", "staff").await, None);
        let first = add(bench, &face("t1", "staff", "a")).await;
        assert_eq!((first.version, first.faces, first.created_at), (1, 1, NOW));
        let labelled = NewFace {
            label: Some("Frau Müller ✓".to_owned()),
            reference: Some("case 7".to_owned()),
            ..face("t1", "staff", "b")
        };
        let second = add(bench, &labelled).await;
        assert_eq!(second.id, first.id);
        assert_eq!((second.version, second.faces), (2, 2));
        add(bench, &face("t1", "guests", "a")).await;
        let names: Vec<_> =
            store.galleries("t1").await.unwrap().into_iter().map(|g| (g.name, g.faces)).collect();
        assert_eq!(names, [("guests".to_owned(), 1), ("staff".to_owned(), 2)]);
        let kept = store.faces(&first.id, &[2, 1, 77]).await.unwrap();
        assert_eq!(kept.len(), 2);
        let b = kept.iter().find(|face| face.no == 2).unwrap();
        assert_eq!((b.face_id.as_str(), b.label.as_deref()), ("b", Some("Frau Müller ✓")));
        assert_eq!((b.reference.as_deref(), b.created_at), (Some("case 7"), NOW));
        let erased = store.erase_gallery("t1", "staff", &act(NOW)).await.unwrap();
        assert_eq!(erased, Some(Erased { faces: 2, ..Erased::default() }));
        assert_eq!(store.erase_gallery("t1", "staff", &act(NOW)).await.unwrap(), None);
        assert_eq!(bench.number("SELECT COUNT(*) FROM gallery_faces").await, 1);
        // The same name again is another gallery.
        let again = add(bench, &face("t1", "staff", "c")).await;
        assert_ne!(again.id, first.id);
        assert_eq!(again.faces, 1);
    }

    async fn an_identifier_is_taken_once_and_a_full_gallery_takes_no_more(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        let one = face("t1", "staff", "a");
        let before = add(bench, &one).await;
        assert_eq!(store.add_face(&one, MOST, &act(NOW)).await.unwrap(), Added::Exists);
        let two = face("t1", "staff", "b");
        assert_eq!(store.add_face(&two, 1, &act(NOW)).await.unwrap(), Added::Full);
        assert_eq!(gallery(bench, "t1", "staff").await, Some(before));
        // What was refused leaves no gallery behind.
        let elsewhere = face("t1", "guests", "a");
        assert_eq!(store.add_face(&elsewhere, 0, &act(NOW)).await.unwrap(), Added::Full);
        assert_eq!(gallery(bench, "t1", "guests").await, None);
        let unknown = store.add_face(&face("t9", "g", "a"), MOST, &act(NOW)).await;
        assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "{unknown:?}");
        for broken in [face("t1", "g\0", "a"), face("t1", "g", "a\0")] {
            let refused = store.add_face(&broken, MOST, &act(NOW)).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
        }
    }

    async fn who_follows_a_gallery_sees_what_came_and_what_went(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        for id in ["a", "b", "c"] {
            add(bench, &face("t1", "staff", id)).await;
        }
        let seen = gallery(bench, "t1", "staff").await.unwrap();
        let page = store.sealed_faces(&seen.id, 0, 2).await.unwrap();
        let wanted = SealedFace {
            no: 1,
            face_id: "a".to_owned(),
            sealed: b"sealed t1 staff a".to_vec(),
        };
        assert!(page[0] == wanted && page.len() == 2);
        assert_eq!(store.erase_face("t1", "staff", "c", &act(NOW)).await.unwrap(), ONE_FACE);
        add(bench, &face("t1", "staff", "c")).await;
        let now = gallery(bench, "t1", "staff").await.unwrap();
        assert_eq!((now.version, now.faces), (5, 3));
        // The number of a face that went is never given again.
        assert_eq!(store.face_numbers(&seen.id, 0, 10).await.unwrap(), [1, 2, 5]);
        assert_eq!(store.face_numbers(&seen.id, 2, 10).await.unwrap(), [5]);
        assert_eq!(ids(bench, &now).await, ["a", "b", "c"]);
        assert_eq!(store.face_numbers("unknown", 0, 10).await.unwrap(), [0_i64; 0]);
    }

    async fn nobody_reaches_the_gallery_of_another(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        let own = add(bench, &face("t1", "staff", "a")).await;
        assert_eq!(gallery(bench, "t2", "staff").await, None);
        let nothing = store.erase_face("t2", "staff", "a", &act(NOW)).await.unwrap();
        assert_eq!(nothing, Erased::default());
        assert_eq!(store.erase_gallery("t2", "staff", &act(NOW)).await.unwrap(), None);
        let theirs = add(bench, &face("t2", "staff", "a")).await;
        assert_ne!(own.id, theirs.id);
        assert!(store.erase_gallery("t2", "staff", &act(NOW)).await.unwrap().is_some());
        assert_eq!(gallery(bench, "t1", "staff").await, Some(own));
    }

    async fn a_reference_reaches_the_faces_of_every_gallery(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        for (tenant, gallery, id, reference) in [
            ("t1", "staff", "a", "r"),
            ("t1", "staff", "b", "r"),
            ("t1", "staff", "c", "other"),
            ("t1", "guests", "a", "r"),
            ("t2", "staff", "a", "r"),
        ] {
            let reference = Some(reference.to_owned());
            add(bench, &NewFace { reference, ..face(tenant, gallery, id) }).await;
        }
        let mut own = check("t1", "one", NOW);
        own.reference = Some("r".to_owned());
        bench.keep(own).await;
        let erased = store.erase_reference("t1", "r", &act(NOW)).await.unwrap();
        assert_eq!(erased, Erased { checks: 1, faces: 3, ..Erased::default() });
        let staff = gallery(bench, "t1", "staff").await.unwrap();
        assert_eq!((staff.version, staff.faces), (4, 1));
        assert_eq!(ids(bench, &staff).await, ["c"]);
        assert_eq!(gallery(bench, "t1", "guests").await.unwrap().faces, 0);
        assert_eq!(gallery(bench, "t2", "staff").await.unwrap().faces, 1);
        // Faces alone are enough for a line of the log.
        let erased = store.erase_reference("t2", "r", &act(NOW)).await.unwrap();
        assert_eq!(erased, ONE_FACE);
        assert_eq!(bench.actions().await.iter().filter(|a| *a == "reference.erase").count(), 2);
    }

    async fn changes_are_logged_without_the_person(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        let named = NewFace {
            label: Some("Frau Geheim".to_owned()),
            reference: Some("Geheimnummer".to_owned()),
            ..face("t1", "staff", "Geheimkennung")
        };
        add(bench, &named).await;
        store.erase_face("t1", "staff", "nobody", &act(NOW)).await.unwrap();
        store.erase_face("t1", "staff", "Geheimkennung", &act(NOW)).await.unwrap();
        store.erase_gallery("t1", "staff", &act(NOW)).await.unwrap();
        let actions = bench.actions().await;
        let ours = ["gallery.face.add", "gallery.face.erase", "gallery.erase"];
        assert_eq!(actions[actions.len() - 3..], ours);
        let log = store.audit(None, 100).await.unwrap();
        assert!(!format!("{log:?}").contains("Geheim"));
        assert_eq!(log[0].target, "t1/staff");
    }

    async fn comparisons_count_against_their_credential(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        store.create_credential(&credential("t1", "c1"), &act(NOW)).await.unwrap();
        for _ in 0..3 {
            store.count_use("t1", "c1", NOW).await.unwrap();
        }
        assert_eq!(store.used_this_month("c1", NOW).await.unwrap(), 3);
        let foreign = store.count_use("t2", "c1", NOW).await;
        assert!(matches!(foreign, Err(StoreError::NotFound { .. })), "{foreign:?}");
    }

    async fn additions_at_once_each_get_a_number(bench) {
        bench.tenant("t1", 0).await;
        let store = std::sync::Arc::new(bench.store.clone());
        let adding = (0..12).map(|nth| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move {
                let face = face("t1", "staff", &format!("f{nth}"));
                store.add_face(&face, MOST, &act(NOW)).await.unwrap()
            })
        });
        for adding in Vec::from_iter(adding) {
            assert!(matches!(adding.await.unwrap(), Added::Done(_)));
        }
        let all = gallery(bench, "t1", "staff").await.unwrap();
        assert_eq!((all.version, all.faces), (12, 12));
        let numbers = bench.store.face_numbers(&all.id, 0, 100).await.unwrap();
        assert_eq!(numbers, Vec::from_iter(1..=12));
    }
}
