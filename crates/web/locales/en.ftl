# The families' pages in English. Plain, short, warm; about grade 6. One key, one sentence.

# Every page
skip = Skip to the page
menu-label = Main menu
menu-home = Home
menu-messages = Messages
menu-help = Help
signed-in-as = Signed in as { $email }
theme-light = Light
theme-dark = Dark
sign-out = Sign out
list-and = { $start } and { $last }
print = Print

# Signing in
sign-in-title = Messages from your school
sign-in-lede = See every message for your family, and choose how we reach you.
email-label = Your e-mail address
email-hint = The one that you gave the school.
email-wrong = This does not look like an e-mail address. Write one like name@example.org.
send-code = Send me a code
sign-in-ask-registrar = Not sure which e-mail the school has, or is it an old one? Call the registrar at your child’s school. Only the school can change it.
code-title = Check your e-mail
code-lede = If the school has this address on record, a six-digit code is on its way to it. It works for ten minutes.
code-label = Six-digit code
code-wrong = This code is not right, was used, or is too old. Check it, or ask for a new one.
code-none = No mail after a few minutes? Look in your junk folder. If there is none, the school may have another address for you: the registrar at your child’s school can tell you.
code-again = Use another address, or get a new code
sign-in = Sign in
link-title = Sign in with your link
link-lede = The link works once. Press the button to use it now on this device.
link-wrong = This link was used or is too old.
link-instead = Sign in with your e-mail address

# Home
greeting-morning = Good morning, { $name }
greeting-afternoon = Good afternoon, { $name }
greeting-evening = Good evening, { $name }
children-count = { $count ->
    [one] Your child
   *[other] Your { $count } children
}
grade = Grade { $grade }
grade-kindergarten = Kindergarten
grade-before = Pre-kindergarten
of-age = 18 or older: attendance is between the student and the school.
latest = Latest messages
all-messages = All messages
nothing-title = No messages yet
nothing-lede = When the school sends something to your family, it stands here.

# Messages
messages-lede = Everything the schools sent to your family, also from before you signed in here.
search-label = Search in messages
search = Search
all-children = All children
children-filter = Messages about
nothing-found = Nothing found
nothing-with = No message has “{ $search }” in it.
older = Older messages
day-today = Today
day-yesterday = Yesterday
day-and-clock = { $day }, { $clock }
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
date-month-day = { $month } { $day }
date-long = { $weekday }, { $date }
date-year = { $date }, { $year }
sent-by = sent by { $sender }
text-call = Call
played = Listen to what the call said
text-text = Text message
text-mail = E-mail
text-push = App
how-it-went = How it reached you
how-nothing = It was not sent to any of your phones or addresses. It stands here, so that you can read it.
how-not-sent = Not sent to you
left-out-count = { $count ->
    [one] One place it did not go to, and why
   *[other] { $count } places it did not go to, and why
}
why = Why?
why-now = The reasons are those of today’s rules and choices. What happened at the time stands beside each phone and address.
by-call = Call to { $to }
by-text = Text to { $to }
by-mail = E-mail to { $to }
by-push = App on { $to }
point-and-address = { $point }, { $address }
point-none = nobody: no phone or address is on record
point-home-primary = the home phone
point-home-secondary = the second home phone
point-home = your home phone
point-mobile = your mobile
point-work = your work phone
point-email = your e-mail
fate-waiting = Waiting for its time
fate-again = Not through yet, will be tried again
fate-sending = Being sent
fate-sent = Sent
fate-answered = Answered or left on voicemail
fate-delivered = Delivered
fate-failed = Did not get through
fate-unconfirmed = Sent, and nobody told us whether it arrived
fate-cancelled = Stopped before it left
fate-expired = Could not get through in time

# Why
wish-default = Messages of this kind go here, unless you turn them off.
wish-stands-in = There is no home phone on record, so this phone stands in.
wish-chosen = You chose it.
wish-floor = At least one phone must stay on for messages of this kind, so we turned this one on.
basis-emergency = A call about safety or attendance may always be made.
basis-provided = You gave it to the school for school matters.
basis-opted-in = This number said YES to texts.
basis-invitation = We may ask once, by text, whether this number wants school texts.
basis-answer = This number wrote to us, and this is the answer.
basis-exempt = A school may make a few such calls to a home phone.
out-not-default = Messages of this kind do not go here unless you choose it.
out-turned-off = You turned this off.
out-no-consent = Nobody said YES to texts on this number.
out-revoked = This number asked us to stop.
out-dead = The phone or mail company says that it does not work. Tell your school.
out-complained = This mailbox marked our mail as junk.
out-custody = The school’s record does not allow it.
out-not-alert-contact = You are on record, but not as a main or second contact.
out-merged = The same phone or address already got it.
out-no-gateway = The school does not send messages this way.
out-call-limit = This phone had the three calls that are allowed in 30 days.
out-deny-listed = We never call this number.
out-reached = Somebody of the family had it already, so the other phones were left alone.
out-no-address = No phone or address on record could take it.
outcome-apart = It went by itself, because not everybody at this phone or address may hear about every child.
outcome-waits = It waited for the hours in which the school may call and text.
outcome-any-hour = It is urgent, so it left at once, at any hour.
outcome-now = It left at once.

# The six kinds
category-attendance = Attendance
category-general = General
category-non_school_hours_emergency = Emergency outside school hours
category-school_hours_emergency = Emergency in school hours
category-schools_out = Schools out
category-surveys = Surveys
meaning-attendance = Your child did not come to school or, in high school, to a class.
meaning-general = School events, meetings and news.
meaning-non_school_hours_emergency = An emergency outside the hours of the school day.
meaning-school_hours_emergency = An emergency during the school day that is not about the weather.
meaning-schools_out = The school is closed, opens late or lets out early.
meaning-surveys = A question from your child’s school or the district.
reach-everything = Goes to every phone and every e-mail on record.
reach-homes = Goes to the home phones and e-mails on record, and where you choose.
floor-note = At least one phone must stay on.

# Help
help-choose = How do I choose what I get, and where?
help-choose-1 = Every phone number and e-mail that the school has for you can get some kinds of messages and not others.
help-choose-2 = For attendance, emergencies and closings at least one phone must stay on, so that the school can always reach you.
help-choose-3 = Texts start only after you say YES from your own phone. Text STOP at any time to end them.
help-contacts = How do I change my phone number or e-mail?
help-contacts-1 = Call the registrar at your child’s school. Only the school can change the record; nobody can do it here or by phone in your name.
help-contacts-2 = If your children go to different schools, call each school. A change at one school does not change the record of the other.
help-contacts-3 = An old number means that you may miss a delay, an early dismissal, a closing, a call about attendance or an emergency.
help-kinds = What are the kinds of messages?

# When something is wrong
trouble-title = This did not work
trouble-not-found = There is nothing here for you. It may be gone, or it belongs to another family.
trouble-refused = This is not allowed, or the page was open for too long. Go back, open it again and try once more.
trouble-busy = We cannot reach our records just now. Nothing was changed. Try again in a minute.
trouble-ours = We made a mistake. Nothing was changed. Try again.
trouble-reference = If you call for help, say this: { $reference }
trouble-home = Go to the start

# How we reach you
menu-ways = How we reach you
ways-lede = Choose what goes to each of your phones and addresses. Every change is saved at once.
ways-change-number = Is a number or address wrong, or is one missing? Only the school can change it.
change = Change what goes here
save = Save
saved = Saved.
undo = Undo
undone = Put back as it was.
undo-late = Something else was changed meanwhile, so this was left as it is.
for-some = for some
last-phone = Must stay on: it is the last phone for this.
floor-refused = Not saved: for { $kinds } at least one phone must stay on, so that the school can always reach you. Turn another phone on first. An e-mail does not count as a phone.
floor-turned-on = We turned this phone on for { $kinds }, because no other phone was left on.
no-yes = Not saved: texts start with a YES from the phone itself.
switch-label = { $kind }: { $channel }
column-kind = Kind
column-call = Call
column-text = Text
column-mail = E-mail
column-app = App
sum-call-all = Calls for everything.
sum-call-some = Calls for { $kinds }.
sum-call-none = No calls.
sum-text-all = Texts for everything.
sum-text-some = Texts for { $kinds }.
sum-text-none = No texts.
sum-mail-all = E-mail for everything.
sum-mail-some = E-mail for { $kinds }.
sum-mail-none = No e-mail.
texts-on = This phone said YES to texts.
texts-off = No texts yet.
texts-stopped = Texts were stopped from this phone.
texts-how = To start them, text YES to { $number } from this phone.
texts-how-no-number = To start them, text YES from this phone in answer to a text from the school.
texts-remove = Remove the permission for texts
changed-now = The texts of a phone changed just now. This is how they stand.
texts-removed = No more texts to this phone, and no calls that are not urgent. To start texts again, say YES from the phone.
language-head = Language
language-lede = Of these pages, and of messages where the school wrote them in your language.
language-saved = The language is saved.

# My contacts
menu-contacts = My contacts
contacts-lede = What each school has on record for you. It is used for calls, texts and e-mail.
contacts-none = This school has no phone and no e-mail for you on record.
who-to-call = To change something, call the registrar:
who-to-call-office = To change something, call the registrar at the school’s office.
schools-differ = Your schools have different values for: { $places }. Call the school whose record is old.
last-synced = As the schools’ records were read: { $when }. A change shows here after the next reading.
ask-registrar = Call your school’s registrar
review-question = Is this still right?
review-why = Take a minute, once a year. With an old number you may miss a delay, an early dismissal, a closing, a call about attendance or an emergency.
review-right = Yes, all of it is right
review-changed = Something changed
review-right-thanks = Thank you. We ask again in a year.
review-changed-thanks = Thank you. The registrar of the school has it on the list, and may call you to make sure that it is you.
review-home = Is what the school has for you still right? It takes a minute.
review-look = Look at my contacts
wish-label = What should the record say?
wish-hint = For example: my mobile is now 512-555-0143. The registrar makes the change.
wish-empty = Write what changed, so that the registrar knows.
wish-send = Send to the registrar
wish-waits = You asked the registrar for this:

# Absences
absence-head = Absences
absence-lede = Tell the school that a child is, or will be, absent. Nobody calls you about what you told before school does.
absence-report = Report an absence
absence-why = Why was your child absent?
absence-call = Questions? Call
absence-child = Child
absence-from = First day
absence-to = Last day
absence-reason = Reason
absence-illness = Ill
absence-appointment = Appointment
absence-family = Family
absence-on-the-way = Late, and on the way
absence-other = Another reason
absence-should = My child should be at school: look into it
absence-note = More, if you like
absence-send = Tell the school
absence-thanks-head = Thank you
absence-thanks = Thank you. The school’s office has it.
absence-said = What you told the school
absence-incomplete = Choose a day and a reason, so that the school knows.
absence-days-wrong = The last day must not be before the first, nor more than thirty days after it.
