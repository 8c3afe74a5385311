//! Families, students and staff of the town.

use crate::dice::{Dice, Numbers};
use crate::names::{LEADERS, SCHOOLS, TRADITIONS, Tradition};

const STUDENTS: usize = 1200;
/// How many students there are in kindergarten and grades 1 to 12.
const SHARE: [u64; 13] = [88, 94, 94, 96, 96, 96, 96, 98, 98, 92, 88, 84, 80];

pub struct Town {
    pub students: Vec<Student>,
    pub guardians: Vec<Guardian>,
    pub staff: Vec<Staff>,
}

pub struct Student {
    pub key: String,
    pub number: String,
    pub given: String,
    pub family: String,
    pub grade: u8,
    pub school: usize,
    pub language: &'static str,
    pub home: Option<String>,
    pub home_2: Option<String>,
    /// Index of guardians: main, secondary, then others.
    pub guardians: Vec<usize>,
    pub bus: Option<String>,
    pub zip: &'static str,
    pub birth_year: u16,
    pub birth_day: u16,
    /// Which homeroom of the grade.
    pub room: usize,
}

pub struct Guardian {
    pub key: String,
    pub given: String,
    pub family: String,
    pub language: &'static str,
    pub relation: &'static str,
    pub email: Option<String>,
    pub home: Option<String>,
    pub mobile: Option<String>,
    pub work: Option<String>,
    /// A court's order: what the office has on file.
    pub custody: Option<String>,
    pub children: Vec<usize>,
}

pub struct Staff {
    pub key: String,
    pub given: String,
    pub family: String,
    pub title: &'static str,
    pub school: usize,
    pub email: String,
    pub mobile: Option<String>,
}

struct Maker {
    dice: Dice,
    numbers: Numbers,
    town: Town,
    rooms: Vec<[usize; 13]>,
}

pub fn town() -> Town {
    let mut maker = Maker {
        dice: Dice::new(20_260_817),
        numbers: Numbers::new(),
        town: Town { students: Vec::new(), guardians: Vec::new(), staff: Vec::new() },
        rooms: vec![[0; 13]; SCHOOLS.len()],
    };
    while maker.town.students.len() < STUDENTS {
        maker.family();
    }
    maker.staff();
    maker.town
}

/// Letters and digits of a name, for addresses: `Núñez` becomes `nunez`.
fn plain(name: &str) -> String {
    const FOLDS: [(&str, char); 12] = [
        ("áàạảãâăậầẩ", 'a'),
        ("éèẹẻẽêễếệ", 'e'),
        ("íìịỉĩ", 'i'),
        ("óòọỏõôơỗố", 'o'),
        ("úùụủũưỳ", 'u'),
        ("ñ", 'n'),
        ("đ", 'd'),
        ("ý", 'y'),
        ("Á", 'a'),
        ("Ó", 'o'),
        ("Đ", 'd'),
        ("ç", 'c'),
    ];
    name.to_lowercase()
        .chars()
        .map(|letter| FOLDS.iter().find(|(from, _)| from.contains(letter)).map_or(letter, |(_, to)| *to))
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

impl Maker {
    fn tradition(&mut self) -> &'static Tradition {
        let mut at = self.dice.below(TRADITIONS.iter().map(|tradition| tradition.share).sum());
        for tradition in TRADITIONS {
            if at < tradition.share {
                return tradition;
            }
            at -= tradition.share;
        }
        &TRADITIONS[0]
    }

    fn grade(&mut self) -> u8 {
        let mut at = self.dice.below(SHARE.iter().sum());
        for (grade, share) in (0_u8..).zip(SHARE) {
            if at < share {
                return grade;
            }
            at -= share;
        }
        0
    }

    /// One family: its guardians, then its children, each at the school of its grade and of its side of the creek.
    fn family(&mut self) {
        let tradition = self.tradition();
        let family = (*self.dice.pick(tradition.families)).to_owned();
        let asks = self.dice.chance(tradition.asks);
        let language = if asks { tradition.language } else { "en" };
        let east = self.dice.chance(50);
        // A third of the homes has mobiles only.
        let home = self.dice.chance(66).then(|| self.numbers.take());
        let (guardians, second_home) = self.guardians(tradition, &family, language, home.as_ref());
        let children = [1, 1, 1, 2, 2, 2, 2, 3, 3, 4][usize::try_from(self.dice.below(10)).unwrap_or(0)];
        let mut grade = self.grade();
        for _ in 0..children {
            if self.town.students.len() == STUDENTS {
                return;
            }
            self.child(
                tradition,
                &Home { family: &family, language, east, phone: &home, phone_2: &second_home },
                grade,
                &guardians,
            );
            let gap = u8::try_from(1 + self.dice.below(4)).unwrap_or(1);
            grade = if grade >= gap { grade - gap } else { (grade + gap + 4).min(12) };
        }
    }

    /// One to three guardians, main first, and the second household's number where there are two.
    fn guardians(
        &mut self,
        tradition: &Tradition,
        family: &str,
        language: &'static str,
        home: Option<&String>,
    ) -> (Vec<usize>, Option<String>) {
        let kind = self.dice.below(100);
        let mother = self.guardian(tradition, family, language, ("mother", home.cloned()));
        if kind < 18 {
            return (vec![mother], None);
        }
        if kind < 72 {
            return (vec![mother, self.guardian(tradition, family, language, ("father", home.cloned()))], None);
        }
        if kind < 77 {
            return (vec![mother, self.guardian(tradition, family, language, ("grandmother", home.cloned()))], None);
        }
        // Two households: the father has a home of his own, often another family name for the mother's side.
        let second = self.dice.chance(60).then(|| self.numbers.take());
        let father = self.guardian(tradition, family, language, ("father", second.clone()));
        if self.dice.chance(9) {
            let year = 2021 + self.dice.below(5);
            let case = 1000 + self.dice.below(9000);
            self.town.guardians[father].custody = Some(format!("Court order {year}-DR-{case}, on file in the office"));
        }
        let mut all = vec![mother, father];
        if self.dice.chance(25) {
            let other = *self.dice.pick(tradition.families);
            all.push(self.guardian(tradition, other, language, ("stepfather", home.cloned())));
        }
        (all, second)
    }

    fn guardian(
        &mut self,
        tradition: &Tradition,
        family: &str,
        language: &'static str,
        (relation, home): (&'static str, Option<String>),
    ) -> usize {
        let woman = relation.ends_with("mother");
        let given = (*self.dice.pick(if woman { tradition.women } else { tradition.men })).to_owned();
        let at = self.town.guardians.len();
        let mobile = self.dice.chance(93).then(|| self.numbers.take());
        let work = self.dice.chance(28).then(|| self.numbers.take());
        let local = format!("{}.{}{}", plain(&given), plain(family), at);
        // The drill's relay refuses, defers or is slow by how an address begins.
        let local = match self.dice.below(100) {
            0..=2 => format!("nobody.{local}"),
            3 => format!("full.{local}"),
            4 => format!("grey.{local}"),
            5 => format!("slow.{local}"),
            _ => local,
        };
        let email = self.dice.chance(84).then(|| format!("{local}@example.org"));
        self.town.guardians.push(Guardian {
            key: format!("g{:05}", at + 1),
            given,
            family: family.to_owned(),
            language,
            relation,
            email,
            home,
            mobile,
            work,
            custody: None,
            children: Vec::new(),
        });
        at
    }

    fn child(&mut self, tradition: &Tradition, home: &Home, grade: u8, guardians: &[usize]) {
        let school = match grade {
            0..=5 => usize::from(home.east),
            6..=8 => 2,
            _ => 3,
        };
        let names = if self.dice.chance(50) { tradition.women } else { tradition.men };
        let at = self.town.students.len();
        let room = self.rooms[school][usize::from(grade)];
        self.rooms[school][usize::from(grade)] += 1;
        let rides = self.dice.chance(if grade <= 8 { 55 } else { 30 });
        let bus = rides.then(|| format!("{}{:02}", if home.east { "E" } else { "W" }, 1 + self.dice.below(6)));
        let student = Student {
            key: format!("s{:05}", at + 1),
            number: format!("{}", 700_100 + at * 7),
            given: (*self.dice.pick(names)).to_owned(),
            family: home.family.to_owned(),
            grade,
            school,
            language: home.language,
            home: home.phone.clone(),
            home_2: home.phone_2.clone(),
            guardians: guardians.to_vec(),
            bus,
            zip: if home.east { "78799" } else { "78798" },
            birth_year: 2021 - u16::from(grade),
            birth_day: u16::try_from(self.dice.below(336)).unwrap_or(0),
            room,
        };
        for guardian in guardians {
            self.town.guardians[*guardian].children.push(at);
        }
        self.town.students.push(student);
    }

    fn staff(&mut self) {
        for (school, row) in SCHOOLS.iter().enumerate() {
            for (_, title, given, family) in LEADERS.iter().filter(|(key, ..)| *key == row.key) {
                self.member(school, title, (given, family));
            }
            let teachers = [15, 15, 20, 26][school];
            let others: &[(&'static str, usize)] =
                &[("Teacher", teachers), ("Counselor", 1), ("Nurse", 1), ("Custodian", 2)];
            for (title, count) in others {
                for _ in 0..*count {
                    let tradition = self.tradition();
                    let woman = self.dice.chance(62);
                    let given = *self.dice.pick(if woman { tradition.women } else { tradition.men });
                    let family = *self.dice.pick(tradition.families);
                    self.member(school, title, (given, family));
                }
            }
        }
    }

    fn member(&mut self, school: usize, title: &'static str, (given, family): (&str, &str)) {
        let at = self.town.staff.len();
        let mobile = self.dice.chance(85).then(|| self.numbers.take());
        // Who leads is known by name alone; of the others two may be called the same.
        let tail = if title == "Principal" || title == "Registrar" { String::new() } else { at.to_string() };
        self.town.staff.push(Staff {
            key: format!("t{:04}", at + 1),
            given: given.to_owned(),
            family: family.to_owned(),
            title,
            school,
            email: format!("{}.{}{tail}@staff.example.org", plain(given), plain(family)),
            mobile,
        });
    }
}

/// What the children of a family have in common.
struct Home<'a> {
    family: &'a str,
    language: &'static str,
    east: bool,
    phone: &'a Option<String>,
    phone_2: &'a Option<String>,
}
