//! The plan of a draft over the district's people, page by page: what preview, Send, expansion and explain share.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::plan::{Ask, Decision, Page, PlanRow, plan};
use schoolbell_store::read::district::{District, get_district};
use schoolbell_store::read::plan_page::{self, Needs};
use schoolbell_store::read::{audience, gateways};
use schoolbell_store::tx::Reads;
use schoolbell_store::{StoreError, StoreResult};

use crate::error::{CommandError, CommandResult};

/// LAW-5 counts the calls of so many days.
const EXEMPT_CALLS_COUNT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A draft with everything that is the same for every page of its plan.
pub(crate) struct Planning {
    pub ask: Ask,
    pub district: District,
    needs: Needs,
    served: Served,
}

impl Planning {
    /// `leaves_at`: the instant of Send, or the chosen time. A draft without a category has no plan.
    pub async fn of(reads: &mut impl Reads, draft: &Draft, leaves_at: Timestamp) -> CommandResult<Self> {
        let category =
            draft.category.ok_or_else(|| CommandError::bad("category", "choose what kind of message it is"))?;
        let district = get_district(reads).await?;
        let configured = gateways::channels(reads).await?;
        let channels = channels_of(draft, configured.contains(&Channel::Push));
        let since = (leaves_at - EXEMPT_CALLS_COUNT_FOR).as_millisecond();
        let needs = Needs::of(reads, category, &draft.audience, &channels, since).await?;
        let ask = Ask {
            category,
            audience: draft.audience.clone(),
            gateways: channels.iter().copied().filter(|channel| configured.contains(channel)).collect(),
            channels,
            leaves_at,
            window: district.settings.window(),
            mobile_stands_in: district.settings.mobile_stands_in,
        };
        Ok(Self { ask, district, needs, served: Served::default() })
    }

    /// The households of the audience after `after` (0: all), ascending: eight bytes for each, so a whole district of
    /// 100,000 students is half a megabyte.
    pub async fn households(&self, reads: &mut impl Reads, after: i64) -> StoreResult<Vec<i64>> {
        audience::households(reads, &self.ask.audience, after).await
    }

    /// The people of these households with all that the rules ask.
    pub async fn load(&self, reads: &mut impl Reads, households: &[i64]) -> StoreResult<Page> {
        let mut page = plan_page::load(reads, &self.needs, households).await?;
        page.deny(self.district.settings.deny_list.iter().map(String::as_str));
        Ok(page)
    }

    /// The rows of these households. An address that an earlier page serves (an office line, which joins no households)
    /// is not served again.
    pub async fn rows(&mut self, reads: &mut impl Reads, households: &[i64]) -> StoreResult<Vec<PlanRow>> {
        let page = self.load(reads, households).await?;
        let ask = self.ask.clone();
        // Milliseconds of arithmetic: the pages of a big district must not hold up the sockets of this thread.
        let mut rows = tokio::task::spawn_blocking(move || plan(&ask, &page))
            .await
            .map_err(|error| StoreError::Setup(format!("the plan of a page broke off: {error}")))?;
        self.served.merge(&mut rows);
        Ok(rows)
    }
}

/// What somebody wrote a text for; the app shows it too where there is a text to read.
fn channels_of(draft: &Draft, app: bool) -> Vec<Channel> {
    let mut channels = draft.channels();
    if app && draft.wordings.iter().any(|wording| wording.body(Channel::Push).is_some()) {
        channels.push(Channel::Push);
    }
    channels
}

/// What the pages so far send to: 16 bytes for each address, so that a big district takes a few megabytes.
#[derive(Default)]
struct Served {
    seen: HashSet<(u64, u64)>,
    keys: (RandomState, RandomState),
}

impl Served {
    fn merge(&mut self, rows: &mut [PlanRow]) {
        for row in rows.iter_mut().filter(|row| matches!(row.decision, Decision::Send { .. })) {
            let key = (row.channel, row.address.as_ref(), row.merge_group);
            // Two hashes of 64 bits: no two addresses of a district will ever be taken for one.
            if !self.seen.insert((self.keys.0.hash_one(key), self.keys.1.hash_one(key))) {
                row.decision = Decision::Suppress(SuppressReason::Merged);
            }
        }
    }
}

/// Pages of households: a small first one, so that the first messages leave at once, then whole ones.
pub(crate) fn pages(households: &[i64]) -> impl Iterator<Item = &[i64]> {
    let (first, rest) = households.split_at(households.len().min(FIRST_PAGE));
    std::iter::once(first).filter(|first| !first.is_empty()).chain(rest.chunks(plan_page::HOUSEHOLDS))
}

const FIRST_PAGE: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_every_household_once_and_the_first_is_small() {
        let households: Vec<i64> = (1..=1_234).collect();
        let sizes: Vec<usize> = pages(&households).map(<[i64]>::len).collect();
        assert_eq!(sizes, [100, 500, 500, 134]);
        assert_eq!(pages(&households).flatten().copied().collect::<Vec<_>>(), households);
        assert_eq!(pages(&[]).count(), 0);
    }
}
