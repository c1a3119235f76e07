//! A client that can connect to given addresses and to nothing else.

use std::net::{IpAddr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, NextTimeout, RustlsConnector, TcpConnector,
};
use ureq::{Agent, Error};

use crate::{AddressClass, FetchError, Policy, refused};

/// Addresses that are tried; a name with more is not worth the wait.
const MOST_TRIED: usize = 4;

/// The same rule wherever an address is looked at.
pub(crate) fn permitted(address: IpAddr, policy: &Policy) -> Result<(), FetchError> {
    match refused(address) {
        None => Ok(()),
        Some(AddressClass::Loopback) if policy.allow_loopback => Ok(()),
        Some(class) => Err(FetchError::AddressRefused { class }),
    }
}

/// A client for one hop, whose name is taken to mean `addresses`. It keeps no connection, because
/// a kept one would answer for a name that was checked under another policy.
pub(crate) fn agent(config: Config, addresses: &[IpAddr], port: u16, policy: Policy) -> Agent {
    let pinned = Pinned(
        addresses
            .iter()
            .take(MOST_TRIED)
            .map(|ip| SocketAddr::new(*ip, port))
            .collect(),
    );
    let connector = Guard(policy)
        .chain(TcpConnector::default())
        .chain(RustlsConnector::default());
    Agent::with_parts(config, connector, pinned)
}

/// Answers what was looked up before, whatever is asked.
#[derive(Debug)]
struct Pinned(Vec<SocketAddr>);

impl Resolver for Pinned {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut resolved = self.empty();
        for address in &self.0 {
            resolved.push(*address);
        }
        Ok(resolved)
    }
}

/// Stands before the TCP connector and looks once more at what it is about to connect to, so that
/// no mistake further up leads inside.
#[derive(Debug)]
struct Guard(Policy);

impl Connector for Guard {
    type Out = ();

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<()>, Error> {
        for address in details.addrs.iter() {
            permitted(address.ip(), &self.0).map_err(|e| Error::Other(Box::new(e)))?;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connector_refuses_by_itself() {
        let config = Config::builder().proxy(None).build();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let agent = agent(config, &[[127, 0, 0, 1].into()], port, Policy::default());
        let Err(Error::Other(inner)) = agent.get("http://public.example/").call() else {
            panic!("the connector connected");
        };
        assert_eq!(
            inner.downcast_ref::<FetchError>(),
            Some(&FetchError::AddressRefused {
                class: AddressClass::Loopback
            })
        );
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err());
    }
}
