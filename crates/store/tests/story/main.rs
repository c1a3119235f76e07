//! One story for both databases: every step runs on SQLite, and on Postgres too where
//! `LIFESIGN_TEST_POSTGRES` holds the address of a server (`tools/with-postgres.sh` starts one).
//! `LIFESIGN_TEST_REQUIRE_POSTGRES` turns a missing server into a failure.

mod access;
mod active;
mod audit;
mod bench;
mod checks;
mod commit;
mod console;
mod deliveries;
mod durability;
mod erase;
mod galleries;
mod opening;
mod races;
mod replay;
mod schema;
mod tenants;
mod wallet;

/// Makes a test for SQLite and one for Postgres of each story; each begins with an empty store.
macro_rules! stories {
    ($($(#[$attribute:meta])* async fn $name:ident($bench:ident) $body:block)*) => {
        $(
            $(#[$attribute])*
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                async fn story($bench: &$crate::bench::Bench) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    let bench = $crate::bench::Bench::sqlite().await;
                    story(&bench).await;
                    bench.end().await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    let Some(bench) = $crate::bench::Bench::postgres().await else {
                        return;
                    };
                    story(&bench).await;
                    bench.end().await;
                }
            }
        )*
    };
}
use stories;
