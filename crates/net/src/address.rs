//! Which addresses are not on the public internet.
//!
//! After the IANA registries of special-purpose addresses (RFC 6890 and its successors). IPv4
//! lists what is refused; IPv6 allows `2000::/3`, the only block in use, less its exceptions, so
//! that what is assigned later is refused until someone looks at it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is refused. For logs: a caller learns only that it is not public, because the
/// class tells what a name means inside this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// `0.0.0.0/8` and `::`: "this host".
    Unspecified,
    /// The machine itself.
    Loopback,
    /// Private networks (RFC 1918) and unique local IPv6 (`fc00::/7`, `fec0::/10`).
    Private,
    /// Addresses between a provider and its customers, `100.64.0.0/10`.
    Shared,
    /// One link only, `169.254.0.0/16` and `fe80::/10`; clouds keep their metadata there.
    LinkLocal,
    /// A cloud's metadata service at an address that looks public.
    Metadata,
    /// Groups of receivers.
    Multicast,
    /// Everyone on the link.
    Broadcast,
    /// For examples in documents.
    Documentation,
    /// For measuring equipment.
    Benchmarking,
    /// An IPv6 form that carries an IPv4 address past the checks of IPv4: IPv4-compatible, 6to4,
    /// Teredo, NAT64 with a local prefix.
    Transition,
    /// Everything else that is set aside.
    Reserved,
}

use AddressClass as Class;

const V4: &[([u8; 4], u32, Class)] = &[
    ([0, 0, 0, 0], 8, Class::Unspecified),
    ([10, 0, 0, 0], 8, Class::Private),
    ([100, 64, 0, 0], 10, Class::Shared),
    ([127, 0, 0, 0], 8, Class::Loopback),
    // Azure answers its virtual machines here.
    ([168, 63, 129, 16], 32, Class::Metadata),
    ([169, 254, 0, 0], 16, Class::LinkLocal),
    ([172, 16, 0, 0], 12, Class::Private),
    ([192, 0, 0, 0], 24, Class::Reserved),
    ([192, 0, 2, 0], 24, Class::Documentation),
    // The relays of 6to4, given back in RFC 7526.
    ([192, 88, 99, 0], 24, Class::Reserved),
    ([192, 168, 0, 0], 16, Class::Private),
    ([198, 18, 0, 0], 15, Class::Benchmarking),
    ([198, 51, 100, 0], 24, Class::Documentation),
    ([203, 0, 113, 0], 24, Class::Documentation),
    ([224, 0, 0, 0], 4, Class::Multicast),
    // Before the block that holds it.
    ([255, 255, 255, 255], 32, Class::Broadcast),
    ([240, 0, 0, 0], 4, Class::Reserved),
];

/// The first match decides. IPv4-mapped addresses and `64:ff9b::/96` do not come here.
const V6: &[([u16; 8], u32, Class)] = &[
    ([0; 8], 128, Class::Unspecified),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Class::Loopback),
    ([0; 8], 96, Class::Transition),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, Class::Transition),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, Class::Transition),
    ([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, Class::Benchmarking),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Class::Documentation),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Class::Reserved),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, Class::Transition),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Class::Documentation),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Class::Private),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Class::LinkLocal),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Class::Private),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Class::Multicast),
];

/// Why nobody outside may have us connect to `address`; `None` for a public one.
pub fn refused(address: IpAddr) -> Option<AddressClass> {
    match address {
        IpAddr::V4(v4) => refused_v4(v4),
        IpAddr::V6(v6) => refused_v6(v6),
    }
}

fn refused_v4(address: Ipv4Addr) -> Option<AddressClass> {
    V4.iter()
        .find(|(network, length, _)| {
            let mask = u32::MAX << (32 - length);
            u32::from(address) & mask == u32::from(Ipv4Addr::from(*network))
        })
        .map(|(_, _, class)| *class)
}

fn refused_v6(address: Ipv6Addr) -> Option<AddressClass> {
    // These two reach the IPv4 address inside them, so that one decides.
    if let Some(v4) = address.to_ipv4_mapped().or_else(|| behind_nat64(address)) {
        return refused_v4(v4);
    }
    let listed = V6.iter().find(|(network, length, _)| {
        let mask = u128::MAX << (128 - length);
        u128::from(address) & mask == u128::from(Ipv6Addr::from(*network))
    });
    match listed {
        Some((_, _, class)) => Some(*class),
        None if address.segments()[0] >> 13 == 1 => None,
        None => Some(Class::Reserved),
    }
}

/// The IPv4 address in `64:ff9b::/96` (RFC 6052), which resolvers of IPv6-only networks answer.
fn behind_nat64(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_addresses_have_their_class() {
        let table = [
            ("0.0.0.0", Some(Class::Unspecified)),
            ("0.1.2.3", Some(Class::Unspecified)),
            ("9.255.255.255", None),
            ("10.0.0.0", Some(Class::Private)),
            ("10.255.255.255", Some(Class::Private)),
            ("11.0.0.0", None),
            ("100.63.255.255", None),
            ("100.64.0.0", Some(Class::Shared)),
            ("100.100.100.200", Some(Class::Shared)),
            ("100.127.255.255", Some(Class::Shared)),
            ("100.128.0.0", None),
            ("127.0.0.1", Some(Class::Loopback)),
            ("127.255.255.255", Some(Class::Loopback)),
            ("168.63.129.16", Some(Class::Metadata)),
            ("168.63.129.17", None),
            ("169.254.169.254", Some(Class::LinkLocal)),
            ("172.15.255.255", None),
            ("172.16.0.0", Some(Class::Private)),
            ("172.31.255.255", Some(Class::Private)),
            ("172.32.0.0", None),
            ("192.0.0.192", Some(Class::Reserved)),
            ("192.0.1.0", None),
            ("192.0.2.77", Some(Class::Documentation)),
            ("192.88.99.1", Some(Class::Reserved)),
            ("192.168.1.1", Some(Class::Private)),
            ("192.169.0.0", None),
            ("198.17.255.255", None),
            ("198.18.0.0", Some(Class::Benchmarking)),
            ("198.19.255.255", Some(Class::Benchmarking)),
            ("198.20.0.0", None),
            ("198.51.100.1", Some(Class::Documentation)),
            ("203.0.113.9", Some(Class::Documentation)),
            ("223.255.255.255", None),
            ("224.0.0.1", Some(Class::Multicast)),
            ("239.255.255.255", Some(Class::Multicast)),
            ("240.0.0.1", Some(Class::Reserved)),
            ("255.255.255.254", Some(Class::Reserved)),
            ("255.255.255.255", Some(Class::Broadcast)),
            ("1.1.1.1", None),
            ("93.184.216.34", None),
            ("::", Some(Class::Unspecified)),
            ("::1", Some(Class::Loopback)),
            ("::2", Some(Class::Transition)),
            ("::127.0.0.1", Some(Class::Transition)),
            ("::8.8.8.8", Some(Class::Transition)),
            ("::ffff:127.0.0.1", Some(Class::Loopback)),
            ("::ffff:10.1.2.3", Some(Class::Private)),
            ("::ffff:169.254.169.254", Some(Class::LinkLocal)),
            ("::ffff:8.8.8.8", None),
            ("::ffff:0:8.8.8.8", Some(Class::Reserved)),
            ("64:ff9b::127.0.0.1", Some(Class::Loopback)),
            ("64:ff9b::10.0.0.1", Some(Class::Private)),
            ("64:ff9b::8.8.8.8", None),
            ("64:ff9b:1::8.8.8.8", Some(Class::Transition)),
            ("100::1", Some(Class::Reserved)),
            ("2001::1", Some(Class::Transition)),
            ("2001:2::1", Some(Class::Benchmarking)),
            ("2001:10::1", Some(Class::Reserved)),
            ("2001:20::1", Some(Class::Reserved)),
            ("2001:200::1", None),
            ("2001:db8::1", Some(Class::Documentation)),
            ("2001:4860:4860::8888", None),
            ("2002:7f00:1::1", Some(Class::Transition)),
            ("2002:808:808::1", Some(Class::Transition)),
            ("2606:4700::1111", None),
            ("3fff:fff::1", Some(Class::Documentation)),
            ("4000::1", Some(Class::Reserved)),
            ("5f00::1", Some(Class::Reserved)),
            ("fc00::1", Some(Class::Private)),
            ("fd00:ec2::254", Some(Class::Private)),
            ("fe80::1", Some(Class::LinkLocal)),
            ("fec0::1", Some(Class::Private)),
            ("ff02::1", Some(Class::Multicast)),
        ];
        for (text, class) in table {
            assert_eq!(refused(text.parse().unwrap()), class, "{text}");
        }
    }

    fn inside_v4(network: [u8; 4], length: u32, host: u32) -> Ipv4Addr {
        let mask = u32::MAX << (32 - length);
        Ipv4Addr::from(u32::from(Ipv4Addr::from(network)) | (host & !mask))
    }

    proptest! {
        #[test]
        fn every_address_of_a_refused_network_is_refused(
            row in 0..V4.len(), host: u32, row6 in 0..V6.len(), host6: u128,
        ) {
            let (network, length, _) = V4[row];
            let v4 = inside_v4(network, length, host);
            prop_assert!(refused(v4.into()).is_some());
            prop_assert!(refused(v4.to_ipv6_mapped().into()).is_some());
            prop_assert!(refused(v4.to_ipv6_compatible().into()).is_some());
            let [a, b, c, d] = v4.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            let forms = [
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low),
            ];
            for form in forms {
                prop_assert!(refused(form.into()).is_some(), "{form}");
            }

            let (network, length, _) = V6[row6];
            let mask = u128::MAX << (128 - length);
            let v6 = Ipv6Addr::from(u128::from(Ipv6Addr::from(network)) | (host6 & !mask));
            prop_assert!(refused(v6.into()).is_some(), "{v6}");
        }

        #[test]
        fn the_library_agrees_where_it_has_an_opinion(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local()
                || v4.is_multicast() || v4.is_broadcast() || v4.is_documentation()
                || v4.is_unspecified();
            prop_assert!(!special || refused(v4.into()).is_some());
        }
    }
}
