//! What makes two requests the same.

use lifesign_contracts::{Body, Incoming};
use sha2::{Digest, Sha256};

/// SHA-256 over path, query and body. A form is taken by its fields, because its boundary is
/// another each time; headers do not count.
pub(crate) fn of(incoming: &Incoming) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(incoming.path.as_bytes());
    field(&(incoming.query.len() as u64).to_be_bytes());
    for (name, value) in &incoming.query {
        field(name.as_bytes());
        field(value.as_bytes());
    }
    match &incoming.body {
        Body::Bytes(bytes) => field(bytes),
        Body::Form(parts) => {
            for part in parts {
                field(part.name.as_bytes());
                field(&part.data);
            }
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};
    use lifesign_contracts::Part;

    use super::*;

    fn request(query: &[(&str, &str)], body: Body) -> [u8; 32] {
        let owned = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
        of(&Incoming {
            method: Method::POST,
            path: "/v1/liveness".to_owned(),
            query: query.iter().map(owned).collect(),
            headers: HeaderMap::new(),
            body,
        })
    }

    fn form(name: &str, data: &'static [u8]) -> Body {
        Body::Form(vec![Part {
            name: name.to_owned(),
            file_name: None,
            content_type: None,
            data: Bytes::from_static(data),
        }])
    }

    #[test]
    fn only_the_same_request_has_the_same_hash() {
        let bytes = |data: &'static [u8]| Body::Bytes(Bytes::from_static(data));
        let all = [
            request(&[], bytes(b"")),
            request(&[], bytes(b"a")),
            request(&[("a", "b")], bytes(b"")),
            request(&[("ab", "")], bytes(b"")),
            request(&[("a", "b"), ("c", "d")], bytes(b"")),
            request(&[], form("image", b"a")),
            request(&[], form("image", b"b")),
            request(&[], form("imagea", b"")),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all[..i].contains(one), "{i}");
        }
        assert_eq!(all[5], request(&[], form("image", b"a")));
    }
}
