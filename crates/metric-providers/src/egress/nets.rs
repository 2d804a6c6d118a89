//! What is refused unless it is allowed, and which addresses an address stands for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix))
}

/// The first and the last two segments; the others are nothing.
const fn v6([first, second]: [u16; 2], [seventh, last]: [u16; 2], prefix: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, seventh, last), prefix))
}

/// Networks, with the words of the refusal.
const NETS: &[(IpNet, &str)] = &[
    (v4(169, 254, 169, 254, 32), "169.254.169.254 (cluster metadata)"),
    // Of AWS (twice), Google, Oracle and Scaleway.
    (v6([0xfd00, 0x0ec2], [0, 0x0254], 128), "fd00:ec2::254 (cluster metadata)"),
    (v6([0xfd00, 0x0ec2], [0, 0x0023], 128), "fd00:ec2::23 (credentials of pods)"),
    (v6([0xfd20, 0x00ce], [0, 0x0254], 128), "fd20:ce::254 (cluster metadata)"),
    (v6([0xfd00, 0x00c1], [0xa9fe, 0xa9fe], 128), "fd00:c1::a9fe:a9fe (cluster metadata)"),
    (v6([0xfd00, 0x0042], [0, 0x0042], 128), "fd00:42::42 (cluster metadata)"),
    // Of Alibaba, Azure and Oracle.
    (v4(100, 100, 100, 200, 32), "100.100.100.200 (cluster metadata)"),
    (v4(168, 63, 129, 16, 32), "168.63.129.16 (cluster metadata)"),
    (v4(192, 0, 0, 192, 32), "192.0.0.192 (cluster metadata)"),
    (v4(169, 254, 0, 0, 16), "169.254.0.0/16 (link-local)"),
    (v6([0xfe80, 0], [0, 0], 10), "fe80::/10 (link-local)"),
    (v4(127, 0, 0, 0, 8), "127.0.0.0/8 (loopback)"),
    (v6([0, 0], [0, 1], 128), "::1 (loopback)"),
    (v4(0, 0, 0, 0, 8), "0.0.0.0/8 (unspecified)"),
    (v6([0, 0], [0, 0], 128), ":: (unspecified)"),
];

/// Names of metadata services; their addresses are above as well.
const HOSTS: &[(&str, &str)] = &[
    ("metadata.google.internal", "metadata.google.internal (cluster metadata)"),
    ("metadata.goog", "metadata.goog (cluster metadata)"),
    ("metadata", "metadata (cluster metadata)"),
];

/// The built-in rule that refuses a name, or one of its addresses.
pub(super) fn built_in(name: &str, addresses: &[IpAddr]) -> Option<&'static str> {
    let host = HOSTS.iter().find(|(host, _)| *host == name).map(|(_, rule)| *rule);
    host.or_else(|| {
        let hit = |net: &IpNet| addresses.iter().any(|address| net.contains(address));
        NETS.iter().find(|(net, _)| hit(net)).map(|(_, rule)| *rule)
    })
}

/// The addresses that a name has wherever it is resolved (RFC 6761, 6.3): where a proxy resolves it, its own machine is
/// meant, and nobody here sees the address.
pub(super) fn known(name: &str) -> &'static [IpAddr] {
    const LOOPBACK: &[IpAddr] = &[IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    if name == "localhost" || name.ends_with(".localhost") { LOOPBACK } else { &[] }
}

/// An address, and the IPv4 address that it leads to where it is a mapped, translated or tunnelled one.
pub(super) fn meant(address: IpAddr) -> Vec<IpAddr> {
    let inner = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => within(v6),
    };
    std::iter::once(address).chain(inner.map(IpAddr::V4)).collect()
}

fn within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    // Mapped, the older "compatible" form (`::` and `::1` are addresses of their own), NAT64 with its well-known prefix,
    // and 6to4.
    let ([0, 0, 0, 0, 0, 0xffff, high, low]
    | [0, 0, 0, 0, 0, 0, high @ (1..), low]
    | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
    | [0x2002, high, low, ..]) = address.segments()
    else {
        return None;
    };
    Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}
