//! Step two: who gets it. Chips of the audience, what can be added, and how many that makes.

use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::permission::Act;
use schoolbell_store::read::audience::AudienceCount;
use schoolbell_store::read::choices;
use schoolbell_store::read::district::SchoolRow;
use schoolbell_store::tx::Reads;

use crate::error::PageResult;
use crate::form::Fields;
use crate::session::Staff;
use crate::times::{counted, grouped};

/// A chip: one rule of the audience.
pub struct Chip {
    pub words: String,
    /// `include:2`: what its button sends.
    pub key: String,
}

/// Something that can be added.
pub struct Choice {
    pub token: String,
    pub words: String,
    pub note: String,
}

/// Everything that the second step shows.
pub struct Who {
    pub include: Vec<Chip>,
    pub except: Vec<Chip>,
    pub groups: Vec<Group>,
    pub find: String,
    pub found: Vec<Choice>,
    pub searched: bool,
    pub count: String,
    pub count_more: String,
}

/// Choices under one heading.
pub struct Group {
    pub name: &'static str,
    pub open: bool,
    pub choices: Vec<Choice>,
}

/// Who a message of this kind goes to unless the sender says otherwise; a closing goes to the staff too.
pub fn usual(draft: &Draft) -> Audience {
    let families = draft.owner.map_or(AudienceRule::District, |school| AudienceRule::School { school });
    let mut include = vec![families];
    if draft.category.is_some_and(Category::is_urgent) {
        include.push(AudienceRule::Staff { school: draft.owner });
    }
    Audience { include, except: Vec::new() }
}

/// Takes what a button of the step says.
pub fn take(audience: &mut Audience, fields: &Fields) {
    if let Some((list, place)) = fields.text("remove").split_once(':')
        && let Ok(place) = place.parse::<usize>()
    {
        let rules = if list == "except" { &mut audience.except } else { &mut audience.include };
        if place < rules.len() {
            rules.remove(place);
        }
    }
    let leave_out = fields.text("mode") == "except";
    for rule in fields.values("add").filter_map(read_token) {
        let rules = if leave_out { &mut audience.except } else { &mut audience.include };
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
}

/// A rule as a form carries it: `grade:5:sch_…`.
fn token(rule: &AudienceRule) -> String {
    let place = |school: &Option<SchoolId>| school.map(|id| id.to_string()).unwrap_or_default();
    match rule {
        AudienceRule::District => "district".to_owned(),
        AudienceRule::School { school } => format!("school:{school}"),
        AudienceRule::Grade { grade, school } => format!("grade:{}:{grade}", place(school)),
        AudienceRule::Section { section } => format!("section:{section}"),
        AudienceRule::BusRoute { route } => format!("route:{route}"),
        AudienceRule::List { list } => format!("list:{list}"),
        AudienceRule::People { people } => {
            format!("people:{}", people.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        }
        AudienceRule::Staff { school } => format!("staff:{}", place(school)),
    }
}

fn read_token(token: &str) -> Option<AudienceRule> {
    let (kind, rest) = token.split_once(':').unwrap_or((token, ""));
    let school = |text: &str| if text.is_empty() { Some(None) } else { text.parse().map_or(None, |id| Some(Some(id))) };
    match kind {
        "district" => Some(AudienceRule::District),
        "school" => rest.parse().map_or(None, |school| Some(AudienceRule::School { school })),
        "grade" => {
            let (place, grade) = rest.split_once(':')?;
            Some(AudienceRule::Grade { grade: grade.to_owned(), school: school(place)? })
        }
        "section" => rest.parse().map_or(None, |section| Some(AudienceRule::Section { section })),
        "route" => Some(AudienceRule::BusRoute { route: rest.to_owned() }),
        "list" => rest.parse().map_or(None, |list| Some(AudienceRule::List { list })),
        "people" => {
            let people: Result<Vec<_>, _> = rest.split(',').map(str::parse).collect();
            people.map_or(None, |people| Some(AudienceRule::People { people }))
        }
        "staff" => Some(AudienceRule::Staff { school: school(rest)? }),
        _ => None,
    }
}

/// Everything of the step.
pub async fn step(
    reads: &mut impl Reads,
    draft: &Draft,
    (staff, schools): (&Staff, &[SchoolRow]),
    (find, count): (&str, AudienceCount),
) -> PageResult<Who> {
    let allowed = allowed(draft, staff);
    let mine: Vec<&SchoolRow> =
        schools.iter().filter(|row| allowed.as_ref().is_none_or(|ids| ids.contains(&row.id))).collect();
    let groups = groups(reads, draft, &mine, allowed.is_none()).await?;
    let found = if find.trim().is_empty() { Vec::new() } else { search(reads, find, &mine, allowed.is_none()).await? };
    Ok(Who {
        include: chips(reads, &draft.audience.include, "include", schools).await?,
        except: chips(reads, &draft.audience.except, "except", schools).await?,
        groups,
        searched: !find.trim().is_empty(),
        find: find.to_owned(),
        found,
        count: families(count),
        count_more: also(count),
    })
}

/// The schools whose people the draft may reach: its own, or every one.
fn allowed(draft: &Draft, staff: &Staff) -> Option<Vec<SchoolId>> {
    match draft.owner {
        Some(school) => Some(vec![school]),
        None => staff.schools_for(Act::Compose),
    }
}

/// "412 families".
pub fn families(count: AudienceCount) -> String {
    counted(n(count.families), "family", "families")
}

/// "of 655 students, and 48 staff".
pub fn also(count: AudienceCount) -> String {
    let students = format!("of {}", counted(n(count.students), "student", "students"));
    if count.staff == 0 { students } else { format!("{students}, and {} staff", grouped(n(count.staff))) }
}

fn n(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

async fn chips(
    reads: &mut impl Reads,
    rules: &[AudienceRule],
    list: &str,
    schools: &[SchoolRow],
) -> PageResult<Vec<Chip>> {
    let mut chips = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        chips.push(Chip { words: words(reads, rule, schools).await?, key: format!("{list}:{place}") });
    }
    Ok(chips)
}

/// A rule as its chip says it.
pub async fn words(reads: &mut impl Reads, rule: &AudienceRule, schools: &[SchoolRow]) -> PageResult<String> {
    let name = |id: &SchoolId| {
        schools.iter().find(|row| row.id == *id).map_or_else(|| "a former school".to_owned(), |row| row.name.clone())
    };
    Ok(match rule {
        AudienceRule::District => "Every family of the district".to_owned(),
        AudienceRule::School { school } => format!("Families of {}", name(school)),
        AudienceRule::Grade { grade, school: Some(school) } => format!("Grade {grade}, {}", name(school)),
        AudienceRule::Grade { grade, school: None } => format!("Grade {grade}, every school"),
        AudienceRule::Section { section } => match choices::lookup_section(reads, *section).await? {
            Some(found) => format!("{} {}", found.title, found.code).trim().to_owned(),
            None => "A class that is gone".to_owned(),
        },
        AudienceRule::BusRoute { route } => format!("Bus {route}"),
        AudienceRule::List { list } => {
            let found = choices::lists(reads).await?.into_iter().find(|found| found.id == *list);
            found.map_or_else(|| "A list that is gone".to_owned(), |found| format!("List: {}", found.name))
        }
        AudienceRule::People { people } => {
            let mut names = Vec::new();
            for person in people.iter().take(3) {
                if let Some(found) = choices::lookup_person(reads, *person).await? {
                    names.push(format!("{} {}", found.given, found.family));
                }
            }
            if people.len() > 3 {
                format!("{} and {} more", names.join(", "), people.len() - 3)
            } else {
                names.join(", ")
            }
        }
        AudienceRule::Staff { school: Some(school) } => format!("Staff of {}", name(school)),
        AudienceRule::Staff { school: None } => "All staff".to_owned(),
    })
}

async fn groups(
    reads: &mut impl Reads,
    draft: &Draft,
    schools: &[&SchoolRow],
    whole_district: bool,
) -> PageResult<Vec<Group>> {
    let offer = |rule: &AudienceRule, words: String, note: String| Choice { token: token(rule), words, note };
    let mut everyone = Vec::new();
    if whole_district {
        everyone.push(offer(&AudienceRule::District, "Every family of the district".to_owned(), String::new()));
        everyone.push(offer(&AudienceRule::Staff { school: None }, "All staff".to_owned(), String::new()));
    }
    for row in schools {
        everyone.push(offer(
            &AudienceRule::School { school: row.id },
            format!("Families of {}", row.name),
            String::new(),
        ));
        everyone.push(offer(
            &AudienceRule::Staff { school: Some(row.id) },
            format!("Staff of {}", row.name),
            String::new(),
        ));
    }
    let grades = choices::grades(reads).await?.into_iter().filter_map(|found| {
        let row = schools.iter().find(|row| row.id == found.school)?;
        let rule = AudienceRule::Grade { grade: found.grade.clone(), school: Some(found.school) };
        Some(offer(
            &rule,
            format!("Grade {}, {}", found.grade, row.name),
            counted(n(found.students), "student", "students"),
        ))
    });
    let grades: Vec<Choice> = grades.collect();
    // A route serves several schools: only the district may choose one, the owner's rule keeps it inside otherwise.
    let routes = if whole_district { choices::routes(reads).await? } else { Vec::new() };
    let routes = routes.into_iter().map(|(route, riders)| {
        offer(
            &AudienceRule::BusRoute { route: route.clone() },
            format!("Bus {route}"),
            counted(n(riders), "rider", "riders"),
        )
    });
    let routes: Vec<Choice> = routes.collect();
    let lists = choices::lists(reads)
        .await?
        .into_iter()
        .filter(|list| whole_district || list.school.is_some_and(|school| schools.iter().any(|row| row.id == school)));
    let lists: Vec<Choice> = lists
        .map(|list| {
            offer(&AudienceRule::List { list: list.id }, list.name, counted(n(list.members), "person", "people"))
        })
        .collect();
    let group = |name, open, choices| Group { name, open, choices };
    let all = [
        group("Schools and staff", draft.audience.is_empty(), everyone),
        group("Grades", false, grades),
        group("Bus routes", false, routes),
        group("Lists", false, lists),
    ];
    Ok(all.into_iter().filter(|group| !group.choices.is_empty()).collect())
}

async fn search(
    reads: &mut impl Reads,
    find: &str,
    schools: &[&SchoolRow],
    whole_district: bool,
) -> PageResult<Vec<Choice>> {
    let school = |id: SchoolId| schools.iter().find(|row| row.id == id);
    let only = if whole_district { None } else { schools.first().map(|row| row.id) };
    let mut found = Vec::new();
    for section in choices::sections(reads, only, find).await?.into_iter().take(15) {
        if let Some(row) = school(section.school) {
            let kind = if section.homeroom { "Homeroom" } else { "Class" };
            found.push(Choice {
                token: token(&AudienceRule::Section { section: section.id }),
                words: format!("{} {}", section.title, section.code).trim().to_owned(),
                note: format!("{kind}, {}", row.name),
            });
        }
    }
    for person in choices::people(reads, only, find).await?.into_iter().take(15) {
        let place = person.school.and_then(school).map(|row| row.name.clone()).unwrap_or_default();
        let grade =
            person.grade.filter(|grade| !grade.is_empty()).map(|grade| format!("grade {grade}, ")).unwrap_or_default();
        found.push(Choice {
            token: token(&AudienceRule::People { people: vec![person.id] }),
            words: format!("{} {}", person.given, person.family),
            note: format!("{grade}{place}"),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use schoolbell_domain::ids::{PersonId, SectionId};

    use super::*;

    #[test]
    fn every_rule_survives_the_form() {
        let school = SchoolId::from_raw(7);
        let rules = [
            AudienceRule::District,
            AudienceRule::School { school },
            AudienceRule::Grade { grade: "K:1".to_owned(), school: Some(school) },
            AudienceRule::Grade { grade: "5".to_owned(), school: None },
            AudienceRule::Section { section: SectionId::from_raw(9) },
            AudienceRule::BusRoute { route: "12 A: north".to_owned() },
            AudienceRule::People { people: vec![PersonId::from_raw(1), PersonId::from_raw(2)] },
            AudienceRule::Staff { school: None },
            AudienceRule::Staff { school: Some(school) },
        ];
        for rule in rules {
            assert_eq!(read_token(&token(&rule)), Some(rule));
        }
        assert_eq!(read_token("school:everything"), None);
    }

    #[test]
    fn a_chip_is_added_once_and_taken_away_by_its_place() {
        let fields = |pairs: &[(&str, &str)]| {
            Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let mut audience = Audience::default();
        take(&mut audience, &fields(&[("add", "district"), ("add", "district")]));
        take(&mut audience, &fields(&[("mode", "except"), ("add", "route:12")]));
        assert_eq!((audience.include.len(), audience.except.len()), (1, 1));
        take(&mut audience, &fields(&[("remove", "except:0")]));
        take(&mut audience, &fields(&[("remove", "except:5")]));
        assert_eq!((audience.include.len(), audience.except.len()), (1, 0));
    }
}
