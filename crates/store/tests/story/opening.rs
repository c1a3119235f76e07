use lifesign_domain::ErrorKind;
use lifesign_store::{SqlStore, Store, StoreError, open};

use crate::bench::NOW;
use crate::stories;

#[tokio::test]
async fn an_address_names_a_database_of_a_known_kind() {
    for address in [
        "",
        "mysql://u:geheim@h/d",
        "store.db",
        "postgres:",
        "postgres://[geheim",
        "SQLITE:x",
    ] {
        let error = SqlStore::open(address).await.unwrap_err();
        assert!(matches!(error, StoreError::Address), "{address}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}

#[tokio::test]
async fn no_error_tells_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("geheim.db");
    std::fs::write(&file, "this is no database, but a text of some length").unwrap();
    for address in [
        format!("sqlite:{}", file.display()),
        "sqlite:/geheim/geheim.db".to_owned(),
        "sqlite:".to_owned(),
        "sqlite:..".to_owned(),
        format!("sqlite:{}", folder.path().display()),
        "postgres://geheim:geheim@127.0.0.1:1/geheim".to_owned(),
        "postgres://geheim:geheim@geheim.invalid/geheim?sslmode=geheim".to_owned(),
        "postgres://geheim:geheim@127.0.0.1:99999/geheim".to_owned(),
    ] {
        let error = SqlStore::open(&address).await.unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(
            !told.contains("geheim") && !told.contains("127.0.0.1"),
            "{told}"
        );
        assert!(!told.contains(&*folder.path().to_string_lossy()), "{told}");
    }
}

#[tokio::test]
async fn no_error_tells_a_wrong_password() {
    let Ok(server) = std::env::var("LIFESIGN_TEST_POSTGRES") else {
        return;
    };
    let (_, host) = server.rsplit_once('@').unwrap();
    let error = SqlStore::open(&format!("postgres://geheim:geheim@{host}"))
        .await
        .unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("geheim"),
        "{error:?}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone_whatever_its_name() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    for name in ["store.db", "100% ä ?mode=memory#x &.db", "%41.db"] {
        let file = folder.path().join(name);
        let store = open(&format!("sqlite:{}", file.display())).await.unwrap();
        store
            .note("x", "", "{}", &crate::bench::act(NOW))
            .await
            .unwrap();
        for suffix in ["", "-wal", "-shm"] {
            let file = folder.path().join(format!("{name}{suffix}"));
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}{suffix}");
        }
    }
    // Nothing else was made: no name was taken for something else.
    drop(std::fs::metadata(folder.path().join("A.db")).unwrap_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite://{}/store.db", folder.path().display());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let address = address.clone();
        tasks.spawn(async move {
            let store = SqlStore::open(&address).await.unwrap();
            store
                .note("x", "", "{}", &crate::bench::act(NOW))
                .await
                .unwrap();
        });
    }
    tasks.join_all().await;
    let store = SqlStore::open(&address).await.unwrap();
    assert_eq!(store.verify_audit().await.unwrap().entries, 8);
}

stories! {
    async fn neither_debug_nor_the_schema_tells_the_address(bench) {
        assert!(!format!("{:?}", bench.store).contains("store.db"));
        assert!(!format!("{:?}", bench.store).contains("postgres:"));
    }

    async fn a_database_of_a_newer_lifesign_is_left_alone(bench) {
        let newer = "INSERT INTO _sqlx_migrations \
            (version, description, success, checksum, execution_time) \
            SELECT 99, description, success, checksum, execution_time FROM _sqlx_migrations \
            WHERE version = 1";
        bench.raw(newer).await;
        let error = SqlStore::open(&bench.address).await.unwrap_err();
        assert!(matches!(error, StoreError::Migrate(_)), "{error:?}");
        assert!(error.to_string().contains("newer"));
    }
}
