//! Table: invented people's names, by the language of the home, and what the district is made of.

/// Families of one tradition: share of the district in per mille, the language at home, family and given names.
pub struct Tradition {
    pub share: u64,
    /// BCP 47; the share of these homes that ask for it rather than English, in per cent, stands beside it.
    pub language: &'static str,
    pub asks: u64,
    pub families: &'static [&'static str],
    pub women: &'static [&'static str],
    pub men: &'static [&'static str],
}

pub const TRADITIONS: &[Tradition] = &[
    Tradition {
        share: 420,
        language: "en",
        asks: 100,
        families: &[
            "Abbott",
            "Barlow",
            "Calloway",
            "Dempsey",
            "Ellison",
            "Fairbanks",
            "Garland",
            "Hollis",
            "Ingram",
            "Jarvis",
            "Keating",
            "Langley",
            "Merritt",
            "Norwood",
            "O'Rourke",
            "Prescott",
            "Quigley",
            "Rutledge",
            "Sheridan",
            "Thackeray",
            "Underhill",
            "Vaughn",
            "Whitlock",
            "Yarrow",
            "McAllister",
            "Smith-Jones",
            "St. Clair",
            "Bellamy",
            "Croft",
            "Dunmore",
        ],
        women: &[
            "Abigail", "Beth", "Clara", "Daisy", "Eleanor", "Faith", "Grace", "Hannah", "Ivy", "June", "Kate", "Lucy",
            "Molly", "Nora", "Olive", "Penny", "Rose", "Sarah", "Tess", "Willa",
        ],
        men: &[
            "Aaron", "Ben", "Caleb", "Dean", "Eli", "Finn", "George", "Henry", "Isaac", "Jack", "Kurt", "Liam",
            "Miles", "Noah", "Owen", "Paul", "Reid", "Sam", "Theo", "Wyatt",
        ],
    },
    Tradition {
        share: 230,
        language: "es",
        asks: 62,
        families: &[
            "Ortega",
            "Núñez",
            "Peña",
            "Ibáñez",
            "Villarreal",
            "Castañeda",
            "Fuentes",
            "Zamora",
            "García López",
            "De la Cruz",
            "Rentería",
            "Solís",
            "Quiñones",
            "Barragán",
            "Montoya",
            "Cárdenas",
        ],
        women: &[
            "Ana",
            "Beatriz",
            "Camila",
            "Elena",
            "Inés",
            "Lucía",
            "María José",
            "Noemí",
            "Rocío",
            "Sofía",
            "Ximena",
        ],
        men: &["Andrés", "Benito", "Diego", "Emilio", "Jesús", "Luis", "Mateo", "Nicolás", "Óscar", "Rubén", "Tomás"],
    },
    Tradition {
        share: 110,
        language: "en",
        asks: 100,
        families: &[
            "Broussard",
            "Freeman",
            "Gaines",
            "Hightower",
            "Mosley",
            "Pettigrew",
            "Rollins",
            "Sykes",
            "Tolliver",
        ],
        women: &["Aaliyah", "Deja", "Imani", "Keisha", "La'Tasha", "Monique", "Nia", "Tiana", "Zora"],
        men: &["Andre", "D'Andre", "Darius", "Isaiah", "Jamal", "Malik", "Tyrone", "Xavier", "Zion"],
    },
    Tradition {
        share: 60,
        language: "vi",
        asks: 55,
        families: &["Nguyễn", "Trần", "Phạm", "Huỳnh", "Đặng"],
        women: &["Hà", "Lan", "Linh", "Mai", "Ngọc", "Thảo"],
        men: &["Bảo", "Đức", "Khang", "Minh", "Quân", "Tuấn"],
    },
    Tradition {
        share: 50,
        language: "zh",
        asks: 50,
        families: &["Chen", "Liu", "Wang", "Xu", "Zhao"],
        women: &["Fang", "Jing", "Lili", "Mei", "Xin", "Yue"],
        men: &["Bo", "Hao", "Jun", "Lei", "Wei", "Yang"],
    },
    Tradition {
        share: 40,
        language: "ar",
        asks: 55,
        families: &["Al-Amin", "Haddad", "Khoury", "Mansour", "Nasser"],
        women: &["Amina", "Fatima", "Layla", "Noor", "Salma", "Yasmin"],
        men: &["Ahmed", "Faris", "Hassan", "Karim", "Omar", "Tariq"],
    },
    Tradition {
        share: 35,
        language: "so",
        asks: 60,
        families: &["Abdullahi", "Farah", "Mohamud", "Warsame"],
        women: &["Asha", "Hodan", "Ifrah", "Sagal"],
        men: &["Abdi", "Guled", "Liban", "Yusuf"],
    },
    Tradition {
        share: 30,
        language: "en",
        asks: 100,
        families: &["Iyer", "Kapoor", "Patel", "Rao"],
        women: &["Ananya", "Diya", "Meera", "Priya"],
        men: &["Arjun", "Kiran", "Rohan", "Vikram"],
    },
    Tradition {
        share: 15,
        language: "ru",
        asks: 45,
        families: &["Ivanova", "Petrov", "Sokolov"],
        women: &["Anya", "Daria", "Vera"],
        men: &["Dmitri", "Ivan", "Oleg"],
    },
    Tradition {
        share: 10,
        language: "en",
        asks: 100,
        families: &["Begay", "Tsosie", "Yazzie"],
        women: &["Aiyana", "Kaya", "Shundiin"],
        men: &["Ahiga", "Koda", "Niyol"],
    },
];

/// One school: key, name, first grade (0 is kindergarten), phone of the office.
pub struct SchoolRow {
    pub key: &'static str,
    pub name: &'static str,
    pub first: u8,
    pub phone: &'static str,
}

pub const DISTRICT: (&str, &str) = ("wc-district", "Willow Creek Consolidated Schools");
pub const SCHOOLS: &[SchoolRow] = &[
    SchoolRow { key: "wc-cedar", name: "Cedar Hollow Elementary School", first: 0, phone: "512-555-0110" },
    SchoolRow { key: "wc-juniper", name: "Juniper Flats Elementary School", first: 0, phone: "512-555-0120" },
    SchoolRow { key: "wc-stone", name: "Stonebridge Middle School", first: 6, phone: "512-555-0130" },
    SchoolRow { key: "wc-larkspur", name: "Larkspur High School", first: 9, phone: "512-555-0140" },
];

/// Those who sign in to the demo stand first in their school: title, given and family name.
pub const LEADERS: &[(&str, &str, &str, &str)] = &[
    ("wc-cedar", "Principal", "Marguerite", "Okafor"),
    ("wc-cedar", "Registrar", "Dolores", "Whitfield"),
    ("wc-juniper", "Principal", "Samuel", "Brandt"),
    ("wc-juniper", "Registrar", "Paula", "Nakamura"),
    ("wc-stone", "Principal", "Renée", "Delacroix"),
    ("wc-stone", "Registrar", "Hugh", "Pemberton"),
    ("wc-larkspur", "Principal", "Victor", "Salazar"),
    ("wc-larkspur", "Registrar", "Irene", "Kowalczyk"),
];

/// Subjects of the upper schools, one a period.
pub const SUBJECTS: &[(&str, &str)] = &[
    ("Mathematics", "MAT"),
    ("English", "ENG"),
    ("Science", "SCI"),
    ("Social Studies", "SOC"),
    ("Physical Education", "PED"),
    ("Art and Music", "ART"),
];
