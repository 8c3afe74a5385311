//! Contact data belongs to the schools: who mends it, for whom, and what a family reads about it (A11, A19-A22, A35).

use axum::http::StatusCode;
use schoolbell_domain::permission::Role;

use super::families::{ROSA, enter};
use super::families_apart::{ELENA, LEO, NORA, TADEO, bring_in, contact, district};
use super::world::{Browser, Done, World};

/// The page of somebody whom this member of staff finds; empty if there is none.
async fn found(staff: &mut Browser<'_>, name: &str) -> Done<String> {
    let page = staff.get(&format!("/people?search={name}")).await?;
    let path = page.text.split("href=\"/people/per_").nth(1).and_then(|rest| rest.split('"').next());
    Ok(path.map(|id| format!("/people/per_{id}")).unwrap_or_default())
}

#[tokio::test]
async fn a19_a_registrar_mends_the_records_of_the_own_school_and_of_no_other() -> Done {
    let world = World::new().await?;
    let mut own = world.signed_in(Role::Registrar, Some("Riverside High School")).await?;
    let tom = found(&mut own, "tom%20baker").await?;
    assert_eq!(own.get(&tom).await?.status, StatusCode::OK);
    assert!(found(&mut own, "ana%20ortega").await?.is_empty(), "a student of another school is not found");
    let mut office = world.signed_in(Role::DistrictAdministrator, None).await?;
    let ana = found(&mut office, "ana%20ortega").await?;
    let refused = own.get(&ana).await?;
    assert!(refused.status == StatusCode::FORBIDDEN || refused.status == StatusCode::NOT_FOUND, "{}", refused.status);
    let csrf = own.get("/desk").await?.csrf()?;
    let stop = [
        ("csrf", csrf.as_str()),
        ("number", "+15125550143"),
        ("said", "stop"),
        ("how", "phone"),
        ("note", "Rosa called"),
    ];
    let refused = own.post(&format!("{ana}/revocation"), &stop).await?;
    assert!(refused.status == StatusCode::FORBIDDEN || refused.status == StatusCode::NOT_FOUND, "{}", refused.status);
    assert!(!office.get(&ana).await?.words().contains("Asked not to be called"), "and nothing was written");
    Ok(())
}

#[tokio::test]
async fn a20_a21_a22_each_school_has_its_own_record_the_family_sees_where_they_differ_and_whom_to_call() -> Done {
    let first = [contact(2001, "elena", 1, "512-555-0150", false), contact(2002, "elena", 1, "512-555-0150", false)];
    let world = district(&[NORA, LEO, TADEO], &first).await?;
    let mut elena = enter(&world, ELENA).await?;
    let same = elena.get("/family/contacts").await?.words();
    assert!(same.contains("Lincoln Elementary School") && same.contains("Riverside High School"), "{same}");
    assert!(!same.contains("different values") && same.contains("As the schools’ records were read"), "{same}");
    // A20: a change at one school stays there, and the page says that the two differ.
    let changed = [contact(2001, "elena", 1, "512-555-0153", false), contact(2002, "elena", 1, "512-555-0150", false)];
    bring_in(&world, &[NORA, LEO, TADEO], &changed).await?;
    let page = elena.get("/family/contacts").await?;
    assert!(page.words().contains("different values for: your mobile"), "{}", page.words());
    let schools: Vec<&str> = page.text.split("<section").collect();
    let of = |name: &str| schools.iter().find(|part| part.contains(name)).copied().unwrap_or_default();
    assert!(of("Lincoln").contains("555-0153") && !of("Lincoln").contains("555-0150"));
    assert!(of("Riverside").contains("555-0150") && !of("Riverside").contains("555-0153"));
    // A21: from the transfer on the new school's registrar is the one to call.
    let moved = NORA.replace("101,Lincoln Elementary School", "201,Riverside High School");
    bring_in(&world, &[&moved, LEO, TADEO], &first).await?;
    let page = elena.get("/family/contacts").await?.words();
    assert!(page.contains("Riverside High School") && !page.contains("Lincoln"), "{page}");
    let mut lincoln = world.signed_in(Role::Registrar, Some("Lincoln Elementary School")).await?;
    assert!(found(&mut lincoln, "nora%20reyes").await?.is_empty());
    let mut riverside = world.signed_in(Role::Office, Some("Riverside High School")).await?;
    let nora = found(&mut riverside, "nora%20reyes").await?;
    // A22: whoever looks at the record sees how old it is.
    let record = riverside.get(&nora).await?.words();
    assert!(record.contains("last synced"), "{record}");
    Ok(())
}

#[tokio::test]
async fn a11_the_pages_say_what_an_old_number_means() -> Done {
    let world = World::new().await?;
    let mut rosa = enter(&world, ROSA).await?;
    for path in ["/family/contacts", "/family/help"] {
        let words = rosa.get(path).await?.words();
        for missed in ["delay", "early dismissal", "closing", "attendance", "emergency"] {
            assert!(words.contains(missed), "{path}: {missed}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a35_the_app_page_says_how_to_install_sign_in_choose_and_read() -> Done {
    let world = World::new().await?;
    let page = enter(&world, ROSA).await?.get("/family/app").await?;
    let words = page.words();
    for asked in
        ["Put it on your phone", "How do I sign in?", "How do I choose what I get?", "Where do I read old messages?"]
    {
        assert!(words.contains(asked), "{asked}: {words}");
    }
    for way in ["Android", "iPhone", "Computer"] {
        assert!(words.contains(way), "{way}");
    }
    Ok(())
}
