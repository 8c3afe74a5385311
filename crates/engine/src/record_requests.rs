//! Until when the requests of families for a student's record are answered: the law's days, the district's, in its zone (B14).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schoolbell_domain::conversation::record_request::{Asked, Standing, Step, Terms};
use schoolbell_store::StoreResult;
use schoolbell_store::read::record_requests::RequestLine;
use schoolbell_store::read::{district, policies};
use schoolbell_store::tx::Reads;

use crate::Engine;

/// What due days are reckoned with.
#[derive(Debug, Clone)]
pub struct Calendar {
    terms: Terms,
    law_days: u16,
    zone: TimeZone,
    pub today: Date,
}

impl Calendar {
    /// As law and district have it today.
    pub async fn read(reads: &mut impl Reads, engine: &Engine) -> StoreResult<Self> {
        let district = district::get_district(reads).await?;
        let today = engine.now().to_zoned(district.time_zone.clone()).date();
        let law_days = policies::record_access_days(reads, today).await?;
        Ok(Self { terms: district.settings.texting.requests, law_days, zone: district.time_zone, today })
    }

    /// The day of an instant in the district.
    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// The last day for the answer to what was received then.
    pub fn first_due_on(&self, asked: Asked, received: Timestamp) -> Date {
        asked.due_on(self.day(received), self.terms, self.law_days)
    }

    /// The last day for a hearing that is asked for today.
    pub fn hearing_due_on(&self) -> Date {
        self.terms.hearing_due_on(self.today)
    }

    /// The last day for what the school has to do next; of what was answered, that of the answer.
    pub fn due_on(&self, line: &RequestLine) -> Date {
        let hearing = line.steps.iter().rfind(|step| step.step == Step::HearingAsked).and_then(|step| step.due_on);
        let first = line.due_on.unwrap_or_else(|| self.first_due_on(line.asked, line.at));
        match line.standing() {
            Standing::HearingAsked => hearing.unwrap_or(first),
            Standing::Open | Standing::Granted | Standing::Refused | Standing::Upheld => first,
        }
    }
}
