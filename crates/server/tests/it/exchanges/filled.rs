//! What the placeholders of an exchange stand for.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use lifesign_server::secrets;
use lifesign_server::vault::Vault;
use lifesign_store::{CredentialKind, NewToken, Rules, TenantSettings};
use serde_json::json;

use super::ALLOWED;
use super::exchange::{self, Exchange, fill};
use crate::support::ask::{self, BOUNDARY, Field};
use crate::support::base64;
use crate::support::pictures::picture;
use crate::support::site::{Site, UNITS, now};
use crate::support::sockets::{Web, found, not_found};

/// A tenant of its own for one exchange, and what its placeholders stand for.
pub(super) struct Filled {
    pub(super) texts: BTreeMap<String, String>,
    /// Of the session that the request before has made; an answer may well repeat it.
    pub(super) session_id: String,
    sealing_key: [u8; 32],
    _web: Web,
}

impl Filled {
    pub(super) async fn new(site: &Site, exchange: &Exchange, setup: &str) -> Self {
        let ground = &site.ground;
        let settings = TenantSettings {
            allow_http: setup == "image_server",
            ..TenantSettings::default()
        };
        let name = format!("{} {}", exchange.contract, exchange.case);
        let units = if setup == "balance_0" { 0 } else { UNITS };
        let credentials = ground.tenant_of(&name, settings, units).await;
        let tenant = credentials.tenant_id.as_str();
        let syntizen = &credentials.syntizen;
        let mut texts: BTreeMap<String, String> = [
            ("native_key", &credentials.api_key),
            ("username", &syntizen.username),
            ("password", &syntizen.password),
            ("apikey", &syntizen.apikey),
            ("userid", &credentials.verified_africa.userid),
            ("api_key", &credentials.verified_africa.api_key),
            ("client_id", &credentials.decentro.client_id),
            ("client_secret", &credentials.decentro.client_secret),
            ("module_secret", &credentials.decentro.module_secret),
        ]
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .into();

        let login = exchange.contract == "syntizen";
        let rules = match setup {
            // A login is a request too.
            "rate_used" => Rules {
                rate_per_minute: Some(1 + u32::from(login)),
                ..Rules::default()
            },
            "quota_used" => Rules {
                quota_per_month: Some(1),
                ..Rules::default()
            },
            "other_address" => Rules {
                allowed_ips: vec![ALLOWED.to_owned()],
                ..Rules::default()
            },
            _ => Rules::default(),
        };
        if rules != Rules::default() {
            let kind = match exchange.contract.as_str() {
                "native" => CredentialKind::Native,
                "syntizen" => CredentialKind::SyntizenUser,
                "verified_africa" => CredentialKind::VerifiedAfrica,
                _ => CredentialKind::Decentro,
            };
            let (_, secrets) = ground.key(tenant, kind, &rules, None).await;
            for (name, value) in secrets {
                let native = kind == CredentialKind::Native;
                let name = if native { "native_key" } else { name };
                texts.insert(name.to_owned(), value);
            }
        }
        if login {
            let user = json!({ "username": texts["username"], "password": texts["password"] });
            let request = ask::json_post("/userauthentication", &[], &user);
            let answer = site.call_from(ALLOWED, request).await;
            texts.insert("authkey".to_owned(), ask::text_of(&answer, "authkey"));
            texts.insert("expired_authkey".to_owned(), expired(site, tenant).await);
        }
        let web = Web::start(|path| match path {
            "/camera.jpg" => found(&picture("camera_image")),
            _ => not_found(),
        });
        texts.insert("image_url".to_owned(), web.url("/camera.jpg"));
        texts.insert("missing_url".to_owned(), web.url("/missing.jpg"));
        Self {
            texts,
            session_id: String::new(),
            sealing_key: key_of(&syntizen.apikey_secret),
            _web: web,
        }
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        let sealed = || {
            let vault = Vault::from_key(self.sealing_key);
            // What is kept begins with a version; what travels does not.
            vault.seal(b"", &picture("live_image")).unwrap()[1..].to_vec()
        };
        match name {
            "sealed_live_image" => sealed(),
            "tampered_image" => {
                let mut bytes = sealed();
                *bytes.last_mut().unwrap() ^= 1;
                bytes
            }
            name => picture(name).to_vec(),
        }
    }

    fn text(&self, word: &str) -> String {
        if word == "session_id" {
            return self.session_id.clone();
        }
        let known = self.texts.get(word).cloned();
        known.unwrap_or_else(|| base64(&self.bytes(word)))
    }

    fn fill(&self, text: &str) -> String {
        fill(text, &|word| self.text(word))
    }

    pub(super) fn request(&self, recorded: &exchange::Request) -> Request<Body> {
        let mut request = Request::builder()
            .method(recorded.method.as_str())
            .uri(self.fill(&recorded.path));
        for (name, value) in &recorded.headers {
            request = request.header(name, self.fill(value));
        }
        let body = match &recorded.body {
            exchange::Body::None => Body::empty(),
            exchange::Body::Json(json) => Body::from(self.fill(json.get())),
            exchange::Body::Text(text) => Body::from(self.fill(text)),
            exchange::Body::File(name) => Body::from(self.bytes(name)),
            exchange::Body::Form(fields) => {
                let claimed = format!("multipart/form-data; boundary={BOUNDARY}");
                request = request.header("content-type", claimed);
                Body::from(ask::form(&Vec::from_iter(
                    fields.iter().map(|f| self.field(f)),
                )))
            }
        };
        request.body(body).unwrap()
    }

    fn field<'a>(&self, field: &'a exchange::FormField) -> Field<'a> {
        Field {
            name: &field.name,
            file_name: field.file_name.as_deref(),
            content_type: field.content_type.as_deref(),
            data: match (&field.value, &field.file) {
                (Some(value), None) => self.fill(value).into_bytes(),
                (None, Some(file)) => self.bytes(file),
                _ => panic!("a field of a form has a value or a file"),
            },
        }
    }
}

/// A token that was good once.
async fn expired(site: &Site, tenant: &str) -> String {
    let token = secrets::random("lst_").unwrap();
    let kept = NewToken {
        hash: secrets::sha256(token.as_bytes()).to_vec(),
        tenant_id: tenant.to_owned(),
        credential_id: site
            .ground
            .id_of(tenant, CredentialKind::SyntizenUser)
            .await,
        created_at: now() - 7_200_000,
        expires_at: now() - 3_600_000,
    };
    site.ground.store.create_token(&kept).await.unwrap();
    token
}

fn key_of(hex: &str) -> [u8; 32] {
    std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
}
