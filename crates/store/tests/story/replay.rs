use lifesign_store::{CheckRecord, Fingerprint, NEAR_BITS, Replay, Store};

use crate::bench::{Bench, NOW, check};
use crate::stories;

fn picture(sha: u8, phash: u64) -> Fingerprint {
    Fingerprint {
        sha256: [sha; 32],
        phash,
    }
}

async fn keep(bench: &Bench, tenant: &str, id: &str, at: i64, fingerprint: Fingerprint) {
    bench
        .keep(CheckRecord {
            fingerprint,
            ..check(tenant, id, at)
        })
        .await;
}

async fn found(bench: &Bench, tenant: &str, looked: &Fingerprint, since: i64) -> Option<Replay> {
    bench.store.replay_of(tenant, looked, since).await.unwrap()
}

fn replay(id: &str, at: i64, distance: Option<u32>) -> Option<Replay> {
    Some(Replay {
        check_id: id.to_owned(),
        at,
        distance,
    })
}

/// Some hash; its sign bit is set, and so is that of its quarters.
const HASH: u64 = 0xf0e1_8ac3_9bd2_8d57;

stories! {
    async fn the_same_file_is_found_and_the_latest_of_it(bench) {
        for tenant in ["t1", "t2"] {
            bench.tenant(tenant, 0).await;
        }
        assert_eq!(found(bench, "t1", &picture(1, HASH), 0).await, None);
        keep(bench, "t1", "a", NOW, picture(1, HASH)).await;
        keep(bench, "t1", "b", NOW + 2, picture(1, !HASH)).await;
        keep(bench, "t1", "c", NOW + 1, picture(1, HASH)).await;
        keep(bench, "t2", "d", NOW + 3, picture(1, HASH)).await;
        // The same file comes before the nearest hash.
        let looked = picture(1, HASH);
        assert_eq!(found(bench, "t1", &looked, 0).await, replay("b", NOW + 2, None));
        assert_eq!(found(bench, "t1", &looked, NOW + 2).await, replay("b", NOW + 2, None));
        assert_eq!(found(bench, "t1", &looked, NOW + 3).await, None);
        assert_eq!(found(bench, "t2", &looked, 0).await, replay("d", NOW + 3, None));
        assert_eq!(found(bench, "t9", &looked, 0).await, None);
    }

    async fn a_near_copy_is_found_wherever_its_bits_differ(bench) {
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        keep(bench, "t1", "a", NOW, picture(1, HASH)).await;
        for bits in [[0, 0, 0], [63, 63, 63], [0, 16, 32], [48, 49, 50], [15, 31, 63], [5, 5, 47]] {
            let mut mask = 0_u64;
            for bit in bits {
                mask |= 1 << bit;
            }
            let distance = Some(mask.count_ones());
            let looked = picture(2, HASH ^ mask);
            assert_eq!(found(bench, "t1", &looked, NOW).await, replay("a", NOW, distance));
            assert_eq!(found(bench, "t1", &looked, NOW + 1).await, None);
            assert_eq!(found(bench, "t2", &looked, 0).await, None);
        }
        assert_eq!(NEAR_BITS, 3);
        for mask in [0b1111, 1 | 1 << 20 | 1 << 40 | 1 << 60, u64::MAX] {
            assert_eq!(found(bench, "t1", &picture(2, HASH ^ mask), 0).await, None);
        }
    }

    async fn the_nearest_wins_and_then_the_latest(bench) {
        bench.tenant("t1", 0).await;
        keep(bench, "t1", "far", NOW + 9, picture(1, HASH ^ 0b111)).await;
        keep(bench, "t1", "near", NOW, picture(2, HASH ^ 1)).await;
        keep(bench, "t1", "later", NOW + 5, picture(3, HASH ^ 2)).await;
        keep(bench, "t1", "between", NOW + 1, picture(4, HASH ^ 4)).await;
        let looked = picture(9, HASH);
        assert_eq!(found(bench, "t1", &looked, 0).await, replay("later", NOW + 5, Some(1)));
        assert_eq!(found(bench, "t1", &looked, NOW + 6).await, replay("far", NOW + 9, Some(3)));
        bench.store.erase_check("t1", "later", &crate::bench::act(NOW)).await.unwrap();
        assert_eq!(found(bench, "t1", &looked, 0).await, replay("between", NOW + 1, Some(1)));
    }

    async fn bits_are_counted_whatever_the_signs(bench) {
        bench.tenant("t1", 0).await;
        for (nth, hash) in [0, u64::MAX, 1 << 63, (1 << 63) - 1, 1, HASH, !HASH].into_iter().enumerate() {
            let id = format!("{nth}");
            keep(bench, "t1", &id, NOW, picture(u8::try_from(nth).unwrap(), hash)).await;
            for bits in [[0, 1, 2], [61, 62, 63], [63, 63, 63], [63, 31, 47]] {
                let mask: u64 = bits.iter().fold(0, |mask, bit| mask | 1 << bit);
                let found = found(bench, "t1", &picture(99, hash ^ mask), 0).await;
                let distance = found.unwrap().distance.unwrap();
                assert!(distance <= mask.count_ones(), "{nth} {bits:?}");
            }
            // Four bits, the sign among them, are too many even where a quarter agrees.
            let far = picture(99, HASH ^ (0b111 << 60 | 1 << 63));
            let near = [HASH, !HASH].contains(&hash);
            assert!(!near || found(bench, "t1", &far, 0).await.is_none());
            bench.store.erase_check("t1", &id, &crate::bench::act(NOW)).await.unwrap();
        }
    }

    async fn a_picture_that_came_very_often_is_found_all_the_same(bench) {
        bench.tenant("t1", 0).await;
        keep(bench, "t1", "first", NOW, picture(1, HASH)).await;
        bench
            .raw(
                "INSERT INTO checks (id, tenant_no, contract, at, verdict, confidence, profile, \
                 calibration, signals, reasons, sha256, phash, band0, band1, band2, band3, \
                 latency_ms, expires_at) \
                 WITH RECURSIVE copies(nth) AS \
                 (SELECT 1 UNION ALL SELECT nth + 1 FROM copies WHERE nth < 3000) \
                 SELECT CAST(nth AS TEXT), tenant_no, contract, at + nth, verdict, confidence, \
                 profile, calibration, signals, reasons, sha256, phash, band0, band1, band2, \
                 band3, latency_ms, expires_at FROM checks, copies",
            )
            .await;
        let looked = picture(2, HASH ^ 1);
        assert_eq!(found(bench, "t1", &looked, 0).await, replay("3000", NOW + 3000, Some(1)));
        let looked = picture(1, HASH ^ 1);
        assert_eq!(found(bench, "t1", &looked, 0).await, replay("3000", NOW + 3000, None));
    }
}
