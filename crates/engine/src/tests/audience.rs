//! What the store selects for a rule is what the rule says of each person.

use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{PersonId, SectionId};
use schoolbell_domain::people::PersonKind;
use schoolbell_store::read::audience::{count, households};
use schoolbell_store::read::choices;
use schoolbell_store::read::plan_page::{Needs, load};
use schoolbell_store::testing::on_both;

use super::town::{ELM, HOMEROOM, OAK, Town};
use crate::commands::save_list::{UnknownLine, save_list, upload_list};
use crate::{Actor, CommandError};

fn rules(list: schoolbell_domain::ids::ListId) -> Vec<AudienceRule> {
    vec![
        AudienceRule::District,
        AudienceRule::School { school: OAK },
        AudienceRule::Grade { grade: "03".to_owned(), school: None },
        AudienceRule::Grade { grade: "04".to_owned(), school: Some(ELM) },
        AudienceRule::Section { section: SectionId::from_raw(HOMEROOM) },
        AudienceRule::BusRoute { route: "R7".to_owned() },
        AudienceRule::List { list },
        AudienceRule::People { people: vec![PersonId::from_raw(1_010), PersonId::from_raw(9_001)] },
        AudienceRule::People { people: vec![] },
        AudienceRule::Staff { school: None },
        AudienceRule::Staff { school: Some(ELM) },
    ]
}

#[tokio::test]
async fn every_pair_of_rule_and_exception_selects_in_sql_whom_the_rule_selects() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 25).await?;
        let people = [PersonId::from_raw(1_020), PersonId::from_raw(9_001)];
        let list = save_list(&town.engine, &Actor::command_line(), "Band", None, &people).await?;
        let everybody =
            Audience { include: vec![AudienceRule::District, AudienceRule::Staff { school: None }], except: vec![] };
        for include in rules(list) {
            for except in rules(list).into_iter().map(Some).chain([None]) {
                let audience = Audience { include: vec![include.clone()], except: except.into_iter().collect() };
                let mut reads = town.engine.db.read().await?;
                let needs = Needs::of(&mut reads, Category::General, &audience, &[Channel::Email], 0).await?;
                let all = households(&mut reads, &everybody, 0).await?;
                let page = load(&mut reads, &needs, &all).await?;
                let selected: Vec<_> =
                    page.people.iter().filter(|person| audience.selects(&person.membership).is_some()).collect();
                let mut expected: Vec<i64> = selected.iter().map(|person| person.household).collect();
                expected.sort_unstable();
                expected.dedup();
                assert_eq!(households(&mut reads, &audience, 0).await?, expected, "{audience:?}");
                let of_kind = |kind| selected.iter().filter(|person| person.membership.kind == kind).count();
                let counted = count(&mut reads, &audience).await?;
                assert_eq!(usize::try_from(counted.students).unwrap(), of_kind(PersonKind::Student), "{audience:?}");
                assert_eq!(usize::try_from(counted.staff).unwrap(), of_kind(PersonKind::Staff), "{audience:?}");
            }
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_uploaded_list_tells_the_lines_that_mean_nobody() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 6).await?;
        let cli = Actor::command_line();
        let text = "student number\nN1000\n nobody-1 \nN1010,Ana\nsrc-9001\nN1000\n";
        let uploaded = upload_list(&town.engine, &cli, "Trip", None, text).await?;
        assert_eq!(uploaded.members, 3);
        assert_eq!(uploaded.unknown, [UnknownLine { line: 3, id: "nobody-1".to_owned() }]);
        let none = upload_list(&town.engine, &cli, "Trip", None, "x1\nx2\n").await;
        assert_eq!(
            none.unwrap_err().to_string(),
            "no line of the file is a student's number or an id of the roster; write one id a line"
        );
        let mut reads = town.engine.db.read().await?;
        let lists = choices::lists(&mut reads).await?;
        assert_eq!(lists.iter().map(|list| (list.name.as_str(), list.members)).collect::<Vec<_>>(), [("Trip", 3)]);
        assert_eq!(choices::grades(&mut reads).await?.iter().map(|grade| grade.students).sum::<i64>(), 12);
        assert_eq!(choices::sections(&mut reads, None, "LEE").await?.len(), 1);
        assert_eq!(choices::people(&mut reads, None, "N1010").await?.len(), 1);
        assert_eq!(choices::people(&mut reads, None, "sam ex").await?.len(), 1);
        assert_eq!(choices::people(&mut reads, None, "%").await?.len(), 0);
        Ok(())
    })
    .await
    .unwrap();
}
