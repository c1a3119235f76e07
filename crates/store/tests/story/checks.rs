use std::collections::BTreeMap;

use lifesign_domain::{ReasonCode, Verdict};
use lifesign_store::{
    CheckFilter, CheckRecord, Commit, Fingerprint, SealedImage, Store, StoreError,
};

use crate::bench::{Bench, DAY, NOW, act, check, free, with_reasons};
use crate::stories;

/// The identifiers of all pages, and how many pages there were.
async fn ids(bench: &Bench, filter: &CheckFilter, limit: u32) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut next) = (Vec::new(), 0, None);
    loop {
        let page = bench
            .store
            .checks(filter, next.as_deref(), limit)
            .await
            .unwrap();
        assert!(page.checks.len() <= limit.max(1) as usize);
        ids.extend(page.checks.into_iter().map(|check| check.id));
        pages += 1;
        next = page.next;
        if next.is_none() {
            return (ids, pages);
        }
    }
}

async fn all(bench: &Bench, filter: CheckFilter) -> String {
    ids(bench, &filter, 2).await.0.join(" ")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

stories! {
    async fn a_record_comes_back_as_it_was(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        let records = [
            CheckRecord {
                reference: some("Kunde № 7 – 東京 \u{1F3E6} '; DROP TABLE checks; --"),
                verdict: Verdict::Inconclusive,
                confidence: 0.1 + 0.2,
                fingerprint: Fingerprint { sha256: [255; 32], phash: u64::MAX },
                latency_ms: 1e-9,
                ..with_reasons(
                    check("t1", "a", NOW),
                    &[ReasonCode::TooDark, ReasonCode::NoFace, ReasonCode::TooDark],
                )
            },
            CheckRecord {
                reference: some(""),
                verdict: Verdict::Spoof,
                confidence: 0.0,
                signals: Vec::new(),
                fingerprint: Fingerprint { sha256: [0; 32], phash: 1 << 63 },
                ..check("t1", "b", 0)
            },
            CheckRecord {
                at: -1,
                expires_at: i64::MAX,
                fingerprint: Fingerprint { sha256: [1; 32], phash: 0 },
                ..check("t1", "c", 1)
            },
        ];
        for record in &records {
            bench.keep(record.clone()).await;
        }
        for record in &records {
            let found = store.check(Some("t1"), &record.id).await.unwrap();
            assert_eq!(found.as_ref(), Some(record));
            assert_eq!(store.check(None, &record.id).await.unwrap(), found);
            assert_eq!(store.check(Some("t2"), &record.id).await.unwrap(), None);
        }
        assert_eq!(store.check(None, "A").await.unwrap(), None);
        assert_eq!(store.check(None, "a\0").await.unwrap(), None);
        let page = store.checks(&CheckFilter::default(), None, 10).await.unwrap();
        assert_eq!(page.checks, records);
    }

    async fn a_millisecond_is_not_lost(bench) {
        bench.tenant("t1", 0).await;
        for (id, at) in [("a", NOW), ("b", NOW + 1), ("c", i64::from(u32::MAX) * 10_000 + 1)] {
            bench.keep(check("t1", id, at)).await;
            let kept = bench.store.check(None, id).await.unwrap().unwrap();
            assert_eq!((kept.at, kept.expires_at), (at, at + 90 * DAY));
        }
        let filter = |from, until| CheckFilter { from, until, ..CheckFilter::default() };
        assert_eq!(all(bench, filter(Some(NOW), Some(NOW + 1))).await, "a");
        assert_eq!(all(bench, filter(Some(NOW + 1), Some(NOW + 2))).await, "b");
        assert_eq!(all(bench, filter(None, Some(NOW))).await, "");
        assert_eq!(all(bench, filter(Some(NOW + 1), None)).await, "c b");
    }

    async fn pages_follow_each_other_even_at_one_moment(bench) {
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        for (id, at) in
            [("b", 1), ("Z", 1), ("a", 1), ("ä", 1), ("10", 1), ("9", 1), ("new", 2), ("old", 0)]
        {
            let codes = [ReasonCode::Blurred];
            bench.keep(with_reasons(check("t1", id, NOW + at), &codes)).await;
        }
        bench.keep(check("t2", "other", NOW + 1)).await;
        let order = ["new", "ä", "b", "a", "Z", "9", "10", "old"];
        let mine = CheckFilter { tenant_id: some("t1"), ..CheckFilter::default() };
        let blurred = CheckFilter { reason: some("blurred"), ..CheckFilter::default() };
        for filter in [&mine, &blurred] {
            for (limit, pages) in [(1, 8), (2, 4), (3, 3), (8, 1), (1000, 1)] {
                let (found, count) = ids(bench, filter, limit).await;
                assert_eq!(found, order, "{limit}");
                assert_eq!(count, pages, "{limit}");
            }
        }
        // A page that comes later does not repeat what was added meanwhile.
        let first = bench.store.checks(&mine, None, 2).await.unwrap();
        bench.keep(check("t1", "newest", NOW + 3)).await;
        let second = bench.store.checks(&mine, first.next.as_deref(), 1).await.unwrap();
        assert_eq!(second.checks[0].id, "b");
        let (everything, _) = ids(bench, &CheckFilter::default(), 0).await;
        assert_eq!(everything.len(), 10);
    }

    async fn a_cursor_that_is_not_ours_is_refused(bench) {
        bench.tenant("t1", 0).await;
        bench.keep(check("t1", "a", NOW)).await;
        let zeros = "00".repeat(9);
        for cursor in ["", "0", "zz", "00", "äöü", "0000000000000000ff", zeros.as_str()] {
            let page = bench.store.checks(&CheckFilter::default(), Some(cursor), 1).await;
            assert!(matches!(page, Err(StoreError::Invalid(_))), "{cursor}");
        }
    }

    async fn filters_narrow_each_other(bench) {
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        let dark = [ReasonCode::TooDark];
        let both = [ReasonCode::Blurred, ReasonCode::TooDark];
        for (tenant, id, contract, verdict, codes) in [
            ("t1", "a", "native", Verdict::Live, &[][..]),
            ("t1", "b", "decentro", Verdict::Live, &dark[..]),
            ("t1", "c", "native", Verdict::Spoof, &both[..]),
            ("t2", "d", "native", Verdict::Spoof, &dark[..]),
        ] {
            let made = check(tenant, id, NOW);
            let record = CheckRecord { contract: contract.to_owned(), verdict, ..made };
            bench.keep(with_reasons(record, codes)).await;
        }
        let any = CheckFilter::default();
        assert_eq!(all(bench, any.clone()).await, "d c b a");
        let of = |tenant: &str| CheckFilter { tenant_id: some(tenant), ..any.clone() };
        assert_eq!(all(bench, of("t1")).await, "c b a");
        assert_eq!(all(bench, of("t2")).await, "d");
        assert_eq!(all(bench, of("t9")).await, "");
        assert_eq!(all(bench, of("t1\0")).await, "");
        let native = CheckFilter { contract: some("native"), ..any.clone() };
        assert_eq!(all(bench, native).await, "d c a");
        let spoof = CheckFilter { verdict: Some(Verdict::Spoof), ..any.clone() };
        assert_eq!(all(bench, spoof.clone()).await, "d c");
        let dark = CheckFilter { reason: some("too_dark"), ..any.clone() };
        assert_eq!(all(bench, dark.clone()).await, "d c b");
        let dark_mine = CheckFilter { tenant_id: some("t1"), ..dark };
        assert_eq!(all(bench, dark_mine.clone()).await, "c b");
        let at_once = CheckFilter {
            contract: some("native"),
            verdict: Some(Verdict::Spoof),
            from: Some(NOW),
            until: Some(NOW + 1),
            ..dark_mine
        };
        assert_eq!(all(bench, at_once).await, "c");
        let unknown = CheckFilter { reason: some("' OR 1 = 1 --"), ..any };
        assert_eq!(all(bench, unknown).await, "");
    }

    async fn a_look_at_a_picture_is_written_down(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        let image = SealedImage { sealed: vec![7; 100_000], expires_at: NOW + DAY };
        let with = Commit { image: Some(image.clone()), ..free(check("t1", "a", NOW)) };
        store.commit(&with).await.unwrap();
        bench.keep(check("t1", "b", NOW)).await;
        assert!(store.has_image("a").await.unwrap());
        for id in ["b", "c", "a\0"] {
            assert!(!store.has_image(id).await.unwrap());
            assert_eq!(store.image(id, &act(NOW)).await.unwrap(), None);
        }
        assert_eq!(store.image("a", &act(NOW + DAY)).await.unwrap(), None);
        assert_eq!(bench.actions().await, ["tenant.create"]);
        assert_eq!(store.image("a", &act(NOW + 5)).await.unwrap(), Some(image));
        let line = store.audit(None, 1).await.unwrap().remove(0);
        assert_eq!((line.action.as_str(), line.target.as_str()), ("image.read", "a"));
        assert_eq!((line.at, line.actor.as_str()), (NOW + 5, "operator:Zoë"));
    }

    async fn charts_count_by_stretch(bench) {
        let store = &bench.store;
        bench.tenant("t1", 0).await;
        bench.tenant("t2", 0).await;
        let dark = [ReasonCode::TooDark];
        for (tenant, id, at, verdict, latency_ms, codes) in [
            ("t1", "before", NOW - 1, Verdict::Live, 1000.0, &dark[..]),
            ("t1", "a", NOW, Verdict::Live, 10.0, &[][..]),
            ("t1", "b", NOW + 9, Verdict::Spoof, 40.0, &dark[..]),
            ("t2", "c", NOW + 9, Verdict::Live, 20.0, &dark[..]),
            ("t1", "d", NOW + 20, Verdict::Inconclusive, 5.5, &dark[..]),
            ("t1", "after", NOW + 30, Verdict::Live, 1000.0, &dark[..]),
        ] {
            let record = CheckRecord { verdict, latency_ms, ..check(tenant, id, at) };
            bench.keep(with_reasons(record, codes)).await;
        }
        let counts = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
            pairs.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect()
        };
        let mine = store.buckets(Some("t1"), NOW, 10, 3).await.unwrap();
        assert_eq!(mine.iter().map(|b| b.from).collect::<Vec<_>>(), [NOW, NOW + 10, NOW + 20]);
        assert_eq!(mine[0].verdicts, counts(&[("LIVE", 1), ("SPOOF", 1)]));
        assert_eq!(mine[0].reasons, counts(&[("too_dark", 1)]));
        assert_eq!((mine[0].mean_latency_ms, mine[0].max_latency_ms), (25.0, 40.0));
        assert_eq!((mine[1].mean_latency_ms, mine[1].max_latency_ms), (0.0, 0.0));
        assert!(mine[1].verdicts.is_empty() && mine[1].reasons.is_empty());
        assert_eq!(mine[2].verdicts, counts(&[("INCONCLUSIVE", 1)]));
        assert_eq!(mine[2].max_latency_ms, 5.5);
        let everybodys = store.buckets(None, NOW, 10, 3).await.unwrap();
        assert_eq!(everybodys[0].verdicts, counts(&[("LIVE", 2), ("SPOOF", 1)]));
        assert_eq!(everybodys[0].reasons, counts(&[("too_dark", 2)]));
        assert!((everybodys[0].mean_latency_ms - 70.0 / 3.0).abs() < 1e-9);
        let nobodys = store.buckets(Some("t9"), NOW, 10, 1).await.unwrap();
        assert!(nobodys[0].verdicts.is_empty());
        for (from, width, count) in
            [(NOW, 0, 1), (NOW, -1, 1), (NOW, 1, 0), (NOW, 1, 10_001), (NOW, i64::MAX, 2), (i64::MAX, 1, 1)]
        {
            let refused = store.buckets(None, from, width, count).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{from} {width} {count}");
        }
    }
}
