//! A port for the audio of one call.

use std::net::{IpAddr, SocketAddr, UdpSocket};

/// A socket that never makes anybody wait.
pub(super) struct AudioSocket {
    socket: UdpSocket,
    local: SocketAddr,
}

impl AudioSocket {
    /// The first free even port of the range (RTP's are even, RFC 3550), beginning anywhere.
    pub(super) fn bind(local: IpAddr, (first, last): (u16, u16), seed: u32) -> std::io::Result<Self> {
        let first = first.next_multiple_of(2);
        let ports = u32::from(last.saturating_sub(first) / 2 + 1);
        let mut failed = std::io::Error::from(std::io::ErrorKind::AddrInUse);
        for step in 0..ports {
            let number = (seed % ports + step) % ports;
            let Ok(offset) = u16::try_from(number * 2) else { break };
            match UdpSocket::bind((local, first.saturating_add(offset))) {
                Ok(socket) => {
                    socket.set_nonblocking(true)?;
                    let local = socket.local_addr()?;
                    return Ok(Self { socket, local });
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// What the other side is told.
    pub(super) fn reached_at(&self, public: Option<IpAddr>) -> SocketAddr {
        SocketAddr::new(public.unwrap_or(self.local.ip()), self.local.port())
    }

    pub(super) fn into_inner(self) -> UdpSocket {
        self.socket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over_and_a_full_range_says_so() {
        let local: IpAddr = "127.0.0.1".parse().unwrap();
        // Any four ports that are free now.
        let base = UdpSocket::bind((local, 0)).unwrap().local_addr().unwrap().port().clamp(1_024, 60_000) & !1;
        let range = (base, base + 3);
        let one = AudioSocket::bind(local, range, 0).unwrap();
        let other = AudioSocket::bind(local, range, 0).unwrap();
        let mut ports = [one.local.port(), other.local.port()];
        ports.sort_unstable();
        assert_eq!(ports, [base, base + 2]);
        assert!(AudioSocket::bind(local, range, 7).is_err());
    }
}
