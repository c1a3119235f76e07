//! What the operator decides.

use std::path::Path;

use http::{HeaderName, HeaderValue, Uri};

use crate::TracesError;

/// Where spans go, and which.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Base address of the collector, `http://HOST:PORT` or `https://…`; `/v1/traces` is added.
    pub endpoint: String,
    /// Sent with every request, for instance the key of a hosted collector.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Under which name the spans are found.
    pub service_name: String,
    /// Share of the traces that is kept, 0 to 1.
    pub sample_ratio: f64,
}

impl Settings {
    /// Reads headers from a file, `name: value` a line; none from an empty path.
    ///
    /// # Errors
    /// If the file cannot be read or a line is no header. Its text is in no error: it is a secret.
    pub fn headers_in(file: &Path) -> Result<Vec<(HeaderName, HeaderValue)>, TracesError> {
        if file.as_os_str().is_empty() {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(file).map_err(|source| TracesError::HeadersFile {
            path: file.to_owned(),
            source,
        })?;
        let lines = text.lines().enumerate();
        let filled = lines.filter(|(_, line)| !line.trim().is_empty());
        filled
            .map(|(index, line)| {
                header(line).ok_or_else(|| TracesError::Header {
                    path: file.to_owned(),
                    line: index + 1,
                })
            })
            .collect()
    }

    /// Where spans are posted to. A name or password in the address is refused, because the address is shown.
    pub(crate) fn url(&self) -> Result<Uri, TracesError> {
        let refused = || TracesError::Endpoint(self.endpoint.clone());
        let base: Uri = self.endpoint.parse().map_err(|_| refused())?;
        let speaks_http = matches!(base.scheme_str(), Some("http" | "https"));
        let names_host = base
            .authority()
            .is_some_and(|authority| !authority.as_str().contains('@'));
        if !speaks_http || !names_host || base.query().is_some() {
            return Err(refused());
        }
        let url = format!("{}/v1/traces", self.endpoint.trim_end_matches('/'));
        url.parse().map_err(|_| refused())
    }
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    let mut value = HeaderValue::from_str(value.trim()).ok()?;
    value.set_sensitive(true);
    Some((name.trim().parse().ok()?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str) -> Settings {
        Settings {
            endpoint: endpoint.to_owned(),
            headers: Vec::new(),
            service_name: "lifesign".to_owned(),
            sample_ratio: 1.0,
        }
    }

    #[test]
    fn the_path_of_otlp_is_added_to_the_base() {
        for (endpoint, url) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            (
                "https://otlp.example/in/",
                "https://otlp.example/in/v1/traces",
            ),
        ] {
            assert_eq!(settings(endpoint).url().unwrap(), url);
        }
        for endpoint in [
            "",
            "127.0.0.1:4318",
            "/v1/traces",
            "grpc://otlp.example",
            "https://me:secret@otlp.example",
            "https://otlp.example/?key=secret",
        ] {
            assert!(settings(endpoint).url().is_err(), "{endpoint}");
        }
    }

    #[test]
    fn headers_are_read_and_a_bad_line_is_named_by_its_number_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("headers");
        std::fs::write(&file, "authorization: Bearer abc:d\n\nX-Org:  7 \n").unwrap();
        let read = Settings::headers_in(&file).unwrap();
        let read: Vec<_> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(read, [("authorization", "Bearer abc:d"), ("x-org", "7")]);

        std::fs::write(&file, "x: y\nsecret without a colon\n").unwrap();
        let error = Settings::headers_in(&file).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains("secret"),
            "{error}"
        );
        assert!(Settings::headers_in(&folder.path().join("none")).is_err());
        assert!(Settings::headers_in(Path::new("")).unwrap().is_empty());
    }
}
