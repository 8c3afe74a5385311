# Las páginas para familias en español. Sencillo, breve, amable; de usted.

# Every page
skip = Ir al contenido
menu-label = Menú principal
menu-home = Inicio
menu-messages = Mensajes
menu-help = Ayuda
signed-in-as = Entró como { $email }
theme-light = Claro
theme-dark = Oscuro
sign-out = Salir
list-and = { $start } y { $last }
print = Imprimir

# Signing in
sign-in-title = Mensajes de su escuela
sign-in-lede = Vea todos los mensajes para su familia y elija cómo le avisamos.
email-label = Su correo electrónico
email-hint = El que usted dio a la escuela.
email-wrong = Esto no parece un correo electrónico. Escriba uno como nombre@example.org.
send-code = Enviarme un código
sign-in-ask-registrar = ¿No sabe qué correo tiene la escuela, o es uno viejo? Llame a la oficina de registro de la escuela de su hijo. Solo la escuela puede cambiarlo.
code-title = Revise su correo
code-lede = Si la escuela tiene este correo en su registro, le llegará un código de seis cifras. Sirve durante diez minutos.
code-label = Código de seis cifras
code-wrong = Este código no es correcto, ya se usó o es muy viejo. Revíselo o pida uno nuevo.
code-none = ¿No llega nada después de unos minutos? Mire en el correo no deseado. Si no está ahí, quizá la escuela tenga otro correo suyo: la oficina de registro de la escuela se lo puede decir.
code-again = Usar otro correo o pedir un código nuevo
sign-in = Entrar
link-title = Entre con su enlace
link-lede = El enlace sirve una vez. Oprima el botón para usarlo ahora en este aparato.
link-wrong = Este enlace ya se usó o es muy viejo.
link-instead = Entrar con su correo electrónico

# Home
greeting-morning = Buenos días, { $name }
greeting-afternoon = Buenas tardes, { $name }
greeting-evening = Buenas noches, { $name }
children-count = { $count ->
    [one] Su hijo o hija
   *[other] { $count } hijos
}
grade = Grado { $grade }
grade-kindergarten = Kínder
grade-before = Prekínder
of-age = 18 años o más: la asistencia es entre el estudiante y la escuela.
latest = Últimos mensajes
all-messages = Todos los mensajes
nothing-title = Todavía no hay mensajes
nothing-lede = Cuando la escuela envíe algo a su familia, estará aquí.

# Messages
messages-lede = Todo lo que las escuelas enviaron a su familia, también antes de que usted entrara aquí.
search-label = Buscar en los mensajes
search = Buscar
all-children = Todos los hijos
children-filter = Mensajes sobre
nothing-found = No se encontró nada
nothing-with = Ningún mensaje contiene «{ $search }».
older = Mensajes anteriores
day-today = Hoy
day-yesterday = Ayer
day-and-clock = { $day }, { $clock }
weekday-1 = Lunes
weekday-2 = Martes
weekday-3 = Miércoles
weekday-4 = Jueves
weekday-5 = Viernes
weekday-6 = Sábado
weekday-7 = Domingo
month-1 = enero
month-2 = febrero
month-3 = marzo
month-4 = abril
month-5 = mayo
month-6 = junio
month-7 = julio
month-8 = agosto
month-9 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
date-month-day = { $day } de { $month }
date-long = { $weekday }, { $date }
date-year = { $date } de { $year }
sent-by = enviado por { $sender }
played = Escuche lo que dijo la llamada
text-call = Llamada
text-text = Mensaje de texto
text-mail = Correo
text-push = Aplicación
how-it-went = Cómo le llegó
how-nothing = No se envió a ninguno de sus teléfonos ni correos. Está aquí para que usted lo pueda leer.
how-not-sent = No se le envió
left-out-count = { $count ->
    [one] Un lugar adonde no llegó, y por qué
   *[other] { $count } lugares adonde no llegó, y por qué
}
why = ¿Por qué?
why-now = Las razones son las de las reglas y elecciones de hoy. Lo que pasó entonces está junto a cada teléfono y correo.
by-call = Llamada a { $to }
by-text = Texto a { $to }
by-mail = Correo a { $to }
by-push = Aplicación en { $to }
point-and-address = { $point }, { $address }
point-none = nadie: no hay teléfono ni correo en el registro
point-home-primary = el teléfono de casa
point-home-secondary = el segundo teléfono de casa
point-home = su teléfono de casa
point-mobile = su celular
point-work = su teléfono del trabajo
point-email = su correo
fate-waiting = Espera su hora
fate-again = Aún no llega, se intentará otra vez
fate-sending = Se está enviando
fate-sent = Enviado
fate-answered = Contestado o dejado en el buzón de voz
fate-delivered = Entregado
fate-failed = No llegó
fate-unconfirmed = Enviado, y nadie nos dijo si llegó
fate-cancelled = Detenido antes de salir
fate-expired = No pudo llegar a tiempo

# Why
wish-default = Los mensajes de este tipo llegan aquí, a menos que usted los apague.
wish-stands-in = No hay teléfono de casa en el registro, por eso se usa este.
wish-chosen = Usted lo eligió.
wish-floor = Al menos un teléfono debe quedar encendido para los mensajes de este tipo, por eso encendimos este.
basis-emergency = Una llamada sobre seguridad o asistencia siempre se puede hacer.
basis-provided = Usted lo dio a la escuela para asuntos escolares.
basis-opted-in = Este número dijo YES a los textos.
basis-invitation = Podemos preguntar una vez, por mensaje de texto, si este número quiere mensajes de la escuela.
basis-answer = Este número nos escribió, y esta es la respuesta.
basis-exempt = La escuela puede hacer unas pocas llamadas así a un teléfono de casa.
out-not-default = Los mensajes de este tipo no llegan aquí a menos que usted lo elija.
out-turned-off = Usted lo apagó.
out-no-consent = Nadie dijo YES a los textos en este número.
out-revoked = Este número nos pidió parar.
out-dead = La compañía de teléfono o correo dice que no funciona. Avise a su escuela.
out-complained = Este buzón marcó nuestro correo como no deseado.
out-custody = El registro de la escuela no lo permite.
out-not-alert-contact = Usted está en el registro, pero no como contacto principal ni segundo contacto.
out-merged = El mismo teléfono o correo ya lo recibió.
out-no-gateway = La escuela no envía mensajes de esta manera.
out-call-limit = Este teléfono ya tuvo las tres llamadas permitidas en 30 días.
out-deny-listed = Nunca llamamos a este número.
out-reached = Alguien de la familia ya lo tenía; por eso no se llamó a los otros teléfonos.
out-no-address = Ningún teléfono ni correo del registro lo pudo recibir.
outcome-apart = Fue por separado, porque no todos en este teléfono o correo pueden saber de cada hijo.
outcome-waits = Esperó las horas en que la escuela puede llamar y enviar textos.
outcome-any-hour = Es urgente, por eso salió de inmediato, a cualquier hora.
outcome-now = Salió de inmediato.

# The six kinds
category-attendance = Asistencia
category-general = General
category-non_school_hours_emergency = Emergencia fuera del horario escolar
category-school_hours_emergency = Emergencia en horario escolar
category-schools_out = Cierre de escuelas
category-surveys = Encuestas
meaning-attendance = Su hijo o hija no llegó a la escuela o, en la preparatoria, a una clase.
meaning-general = Eventos, reuniones y noticias de la escuela.
meaning-non_school_hours_emergency = Una emergencia fuera de las horas de clase.
meaning-school_hours_emergency = Una emergencia durante el día escolar que no es por el clima.
meaning-schools_out = La escuela cierra, abre tarde o termina temprano.
meaning-surveys = Una pregunta de la escuela de su hijo o del distrito.
reach-everything = Llega a todos los teléfonos y correos del registro.
reach-homes = Llega a los teléfonos de casa y correos del registro, y adonde usted elija.
floor-note = Al menos un teléfono debe quedar encendido.

# Help
help-choose = ¿Cómo elijo qué recibo y dónde?
help-choose-1 = Cada teléfono y correo suyo que tiene la escuela puede recibir unos tipos de mensajes y otros no.
help-choose-2 = Para asistencia, emergencias y cierres al menos un teléfono debe quedar encendido, para que la escuela siempre le pueda avisar.
help-choose-3 = Los textos empiezan solo después de que usted diga YES desde su propio teléfono. Escriba STOP cuando quiera para terminarlos.
help-contacts = ¿Cómo cambio mi teléfono o mi correo?
help-contacts-1 = Llame a la oficina de registro de la escuela de su hijo. Solo la escuela puede cambiar el registro; nadie lo puede hacer aquí ni por teléfono en su nombre.
help-contacts-2 = Si sus hijos van a escuelas distintas, llame a cada una. Un cambio en una escuela no cambia el registro de la otra.
help-contacts-3 = Un número viejo significa que usted puede perderse un retraso, una salida temprana, un cierre, un aviso de asistencia o una emergencia.
help-kinds = ¿Qué tipos de mensajes hay?

# When something is wrong
trouble-title = Esto no funcionó
trouble-not-found = Aquí no hay nada para usted. Quizá ya no existe, o es de otra familia.
trouble-refused = Esto no está permitido, o la página estuvo abierta demasiado tiempo. Vuelva, ábrala otra vez e inténtelo de nuevo.
trouble-busy = Ahora no podemos leer nuestros registros. No se cambió nada. Inténtelo en un minuto.
trouble-ours = Cometimos un error. No se cambió nada. Inténtelo otra vez.
trouble-reference = Si llama para pedir ayuda, diga esto: { $reference }
trouble-home = Ir al inicio

# How we reach you
menu-ways = Cómo le avisamos
ways-lede = Elija qué llega a cada uno de sus teléfonos y correos. Cada cambio se guarda al instante.
ways-change-number = ¿Hay un número o correo equivocado, o falta uno? Solo la escuela puede cambiarlo.
change = Cambiar qué llega aquí
save = Guardar
saved = Guardado.
undo = Deshacer
undone = Quedó como estaba.
undo-late = Mientras tanto se cambió otra cosa, por eso esto quedó igual.
for-some = para algunos
last-phone = Debe quedar encendido: es el último teléfono para esto.
floor-refused = No se guardó: para { $kinds } al menos un teléfono debe quedar encendido, para que la escuela siempre le pueda avisar. Encienda primero otro teléfono. Un correo no cuenta como teléfono.
floor-turned-on = Encendimos este teléfono para { $kinds }, porque no quedaba otro encendido.
no-yes = No se guardó: los textos empiezan con un YES desde el propio teléfono.
switch-label = { $kind }: { $channel }
column-kind = Tipo
column-call = Llamada
column-text = Texto
column-mail = Correo
column-app = Aplicación
sum-call-all = Llamadas para todo.
sum-call-some = Llamadas para { $kinds }.
sum-call-none = Sin llamadas.
sum-text-all = Textos para todo.
sum-text-some = Textos para { $kinds }.
sum-text-none = Sin textos.
sum-mail-all = Correo para todo.
sum-mail-some = Correo para { $kinds }.
sum-mail-none = Sin correo.
texts-on = Este teléfono dijo YES a los textos.
texts-off = Todavía sin textos.
texts-stopped = Los textos se detuvieron desde este teléfono.
texts-how = Para empezar, envíe YES al { $number } desde este teléfono.
texts-how-no-number = Para empezar, conteste YES desde este teléfono a un texto de la escuela.
texts-remove = Quitar el permiso para textos
changed-now = Los textos de un teléfono acaban de cambiar. Así están ahora.
texts-removed = No habrá más textos a este teléfono, ni llamadas que no sean urgentes. Para volver a recibir textos, diga YES desde el teléfono.
language-head = Idioma
language-lede = De estas páginas, y de los mensajes que la escuela haya escrito en su idioma.
language-saved = El idioma quedó guardado.

# My contacts
menu-contacts = Mis datos
contacts-lede = Lo que cada escuela tiene de usted en su registro. Se usa para llamadas, textos y correos.
contacts-none = Esta escuela no tiene teléfono ni correo de usted en su registro.
who-to-call = Para cambiar algo, llame a la oficina de registro:
who-to-call-office = Para cambiar algo, llame a la oficina de registro de la escuela.
schools-differ = Sus escuelas tienen datos distintos para: { $places }. Llame a la escuela cuyo registro es viejo.
last-synced = Según los registros de las escuelas leídos: { $when }. Un cambio se ve aquí después de la próxima lectura.
ask-registrar = Llame a la oficina de registro de su escuela
review-question = ¿Todavía es correcto?
review-why = Tómese un minuto, una vez al año. Con un número viejo puede perderse un retraso, una salida temprana, un cierre, un aviso de asistencia o una emergencia.
review-right = Sí, todo es correcto
review-changed = Algo cambió
review-right-thanks = Gracias. Preguntaremos otra vez en un año.
review-changed-thanks = Gracias. La oficina de registro de la escuela lo tiene en su lista, y quizá le llame para asegurarse de que es usted.
review-home = ¿Todavía es correcto lo que la escuela tiene de usted? Toma un minuto.
review-look = Ver mis datos
wish-label = ¿Qué debería decir el registro?
wish-hint = Por ejemplo: mi celular ahora es 512-555-0143. La oficina de registro hace el cambio.
wish-empty = Escriba qué cambió, para que la oficina de registro lo sepa.
wish-send = Enviar a la oficina de registro
wish-waits = Usted pidió esto a la oficina de registro:

# Ausencias
absence-head = Ausencias
absence-lede = Avise a la escuela que su hijo falta o va a faltar. Nadie lo llama por lo que usted avisó antes que la escuela.
absence-report = Avisar una ausencia
absence-why = ¿Por qué faltó su hijo?
absence-call = ¿Preguntas? Llame al
absence-child = Hijo o hija
absence-from = Primer día
absence-to = Último día
absence-reason = Motivo
absence-illness = Enfermedad
absence-appointment = Cita
absence-family = Familia
absence-on-the-way = Llega tarde, está en camino
absence-other = Otro motivo
absence-should = Mi hijo debería estar en la escuela: averígüenlo
absence-note = Algo más, si quiere
absence-send = Avisar a la escuela
absence-thanks-head = Gracias
absence-thanks = Gracias. La oficina de la escuela ya lo tiene.
absence-said = Lo que usted avisó
absence-incomplete = Elija un día y un motivo, para que la escuela lo sepa.
absence-days-wrong = El último día no puede ser antes del primero, ni más de treinta días después.
