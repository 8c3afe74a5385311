//! Tests of spoken text: tables of what is written and what is said.

use jiff::civil;

use super::*;

fn en(text: &str) -> String {
    speakable(text, &Language::of("en"))
}

fn es(text: &str) -> String {
    speakable(text, &Language::of("es-MX"))
}

#[test]
fn english_is_said_as_a_person_would() {
    for (written, said) in [
        ("School opens 2026-11-23 at 7:30 AM.", "School opens November 23 at 7 30 A M."),
        ("on 11/23 or 1/5/2027, 8am", "on November 23 or January 5, 8 A M."),
        ("Doors open at 8:00 a.m. and close at 3:05 p.m.", "Doors open at 8 A M and close at 3 oh 5 P M."),
        ("from 8:00-9:30 pm", "from 8 to 9 30 P M."),
        ("at 14:05 today", "at 2 oh 5 P M today."),
        ("at 12 pm, not 12 am", "at 12 P M, not 12 A M."),
        ("Call (512) 555-0143.", "Call 5 1 2, 5 5 5, 0 1 4 3."),
        (
            "Call 1-800-555-0199 or 512.555.0143 or +1 512 555 0143 now",
            "Call 8 0 0, 5 5 5, 0 1 9 9 or 5 1 2, 5 5 5, 0 1 4 3 or 5 1 2, 5 5 5, 0 1 4 3 now.",
        ),
        ("Call 555-0143, ext. 12", "Call 5 5 5, 0 1 4 3, extension 12."),
        ("Dial 911!", "Dial 9 1 1!"),
        ("Meet in Rm 12, Bldg. C", "Meet in room 12, building C."),
        (
            "Dr. Lee lives on Oak Dr. near St. Mary on Elm St.",
            "Doctor Lee lives on Oak drive near Saint Mary on Elm street.",
        ),
        (
            "It costs $5.50, $1 or $1,200 & 5% off",
            "It costs 5 dollars and 50 cents, 1 dollar or 1200 dollars and 5 percent off.",
        ),
        ("Bus #12 is late", "Bus number 12 is late."),
        ("Write to front.office@example.org", "Write to front dot office at example dot org."),
        ("See https://www.example.org/", "See example dot org."),
        ("See https://example.org/a/b?c=d&e=f for more", "See the address is in the mail for more."),
        ("Fri. Nov. 27 no school", "Friday November 27 no school."),
        ("Nov 27: the cat sat on a mat", "November 27: the cat sat on a mat."),
        ("pages 8-9 and COVID-19", "pages 8-9 and COVID-19."),
        ("SCHOOL IS CLOSED", "SCHOOL IS CLOSED."),
        ("Ana-María O’Neil", "Ana-María O'Neil."),
        ("🎉 Party 🎉 → gym", "Party gym."),
        ("Bring a coat — it is cold", "Bring a coat, it is cold."),
        ("", ""),
    ] {
        assert_eq!(en(written), said, "{written}");
    }
}

#[test]
fn spanish_is_said_as_a_person_would() {
    for (written, said) in [
        (
            "La escuela abre el 2026-11-23 a las 7:30 AM.",
            "La escuela abre el 23 de noviembre a las 7 y 30 de la mañana.",
        ),
        ("a las 3:00 p.m. del 23/11", "a las 3 de la tarde del 23 de noviembre."),
        ("el 11/23 a las 20:15", "el 23 de noviembre a las 8 y 15 de la noche."),
        ("el 5/6", "el 5/6."),
        ("Llame al (512) 555-0143, ext. 4.", "Llame al 5 1 2, 5 5 5, 0 1 4 3, extensión 4."),
        ("Sra. Pérez & Dr. Gil", "señora Pérez y doctor Gil."),
        ("Cuesta $5.50", "Cuesta 5 dólares con 50 centavos."),
        ("Escriba a oficina@example.org", "Escriba a oficina arroba example punto org."),
        ("¿Preguntas? ¡Llame!", "¿Preguntas? ¡Llame!"),
    ] {
        assert_eq!(es(written), said, "{written}");
    }
}

#[test]
fn other_languages_keep_their_words_and_say_numbers_digit_by_digit() {
    let hmong = Language::of("hmn");
    assert_eq!(speakable("**Hu** 512-555-0143 rau 7:30 AM", &hmong), "Hu 5 1 2, 5 5 5, 0 1 4 3 rau 7:30 AM.");
}

#[test]
fn markdown_becomes_sentences() {
    let written = "# Snow day\n\nSchool is **closed**\ntomorrow. [Details](https://example.org/x)\n\n- Lunch: pick up\n- Buses: none\n";
    assert_eq!(en(written), "Snow day. School is closed tomorrow. Details. Lunch: pick up. Buses: none.");
}

#[test]
fn merge_values_are_said_well() {
    assert_eq!(date(civil::date(2026, 11, 23), Tongue::English), "November 23");
    assert_eq!(date(civil::date(2026, 11, 23), Tongue::Spanish), "23 de noviembre");
    assert_eq!(time(civil::time(7, 30, 0, 0), Tongue::English), "7 30 A M");
    assert_eq!(time(civil::time(0, 5, 0, 0), Tongue::English), "12 oh 5 A M");
    assert_eq!(time(civil::time(19, 0, 0, 0), Tongue::Spanish), "7 de la noche");
    assert_eq!(telephone_number("+15125550143"), "5 1 2, 5 5 5, 0 1 4 3");
    assert_eq!(telephone_number("5550143"), "5 5 5, 0 1 4 3");
    assert_eq!(telephone_number("+52 55 5555 0143"), "5 2 5, 5 5 5, 5 5 0, 1 4 3");
}

proptest::proptest! {
    #[test]
    fn no_text_harms_and_nothing_but_words_is_left(text in "\\PC{0,200}") {
        for tag in ["en", "es", "hmn"] {
            let said = speakable(&text, &Language::of(tag));
            proptest::prop_assert!(!said.contains('\n') && !said.contains("  "), "{said:?}");
        }
    }
}
