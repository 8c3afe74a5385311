//! The digest of a plan: what Send carries, so that nobody sends something other than what the preview showed.

use sha2::{Digest, Sha256};

use super::plan::{Decision, PlanRow};

/// Adds up rows in any order; two plans of the same rows have the same digest.
///
/// Times are not in it: a preview a minute ago equals the send now. It tells a changed roster from an unchanged one;
/// it is no signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanDigest {
    high: u128,
    low: u128,
    rows: u64,
}

impl PlanDigest {
    /// The digest of these rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a PlanRow>) -> Self {
        let mut digest = Self::default();
        for row in rows {
            digest.add(row);
        }
        digest
    }

    /// Adds a row: the wrapping sum of the halves of its SHA-256, so that the order does not matter and a row that
    /// stands twice counts twice.
    pub fn add(&mut self, row: &PlanRow) {
        let hash: [u8; 32] = hash(row).into();
        let (high, low) = hash.split_at(16);
        self.high = self.high.wrapping_add(half(high));
        self.low = self.low.wrapping_add(half(low));
        self.rows += 1;
    }

    /// Adds what another page came to.
    pub const fn merge(&mut self, other: Self) {
        self.high = self.high.wrapping_add(other.high);
        self.low = self.low.wrapping_add(other.low);
        self.rows += other.rows;
    }

    /// How many rows it covers.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// 64 hex digits and the number of rows: `9f…3c-1204`.
    pub fn hex(&self) -> String {
        format!("{:032x}{:032x}-{}", self.high, self.low, self.rows)
    }
}

fn half(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
}

/// Every field but the times, each of fixed width or followed by a byte that cannot stand in it.
fn hash(row: &PlanRow) -> sha2::digest::Output<Sha256> {
    let mut hasher = Sha256::new();
    let mut number = |value: i64| hasher.update(value.to_be_bytes());
    number(row.person.raw());
    number(row.kind.code());
    number(row.point.map_or(0, crate::ids::ContactPointId::raw));
    number(row.slot.map_or(0, crate::people::Slot::code));
    number(row.school.raw());
    number(row.channel.code());
    number(row.merge_group);
    number(match row.decision {
        Decision::Send { .. } => 0,
        Decision::Suppress(reason) => reason.code(),
    });
    for child in &row.children {
        number(child.raw());
    }
    let basis = match row.decision {
        Decision::Send { basis, .. } => basis.word(),
        Decision::Suppress(_) => "",
    };
    for text in [basis, row.language.tag(), row.address.as_ref().map_or("", crate::people::Address::expose)] {
        hasher.update(text.as_bytes());
        hasher.update([0xff]);
    }
    hasher.finalize()
}

impl std::fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}
