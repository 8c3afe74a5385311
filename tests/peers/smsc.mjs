// A message centre over the npm package `smpp`, which shares no code with ours. It says what it sees as JSON lines on
// stdout and does what JSON lines on stdin tell it:
//
//   node smsc.mjs '{"receipts":"after"}'
//   {"do":"set", …settings}   {"do":"deliver","tag":"a","pdu":{…}}   {"do":"data",…}   {"do":"enquire"}   {"do":"unbind"}
//   {"do":"drop"}
//
// It ends when stdin ends.
import { createInterface } from 'node:readline';
import smpp from 'smpp';

const settings = {
  answer: 'take', // or 'silent': submits are never answered
  throttle: 0, // so many submits are answered ESME_RTHROTTLED first
  refuse: {}, // destination -> command_status
  refuse_part: 0, // the submit with this part number in its header is answered ESME_RSUBMITFAIL
  receipts: 'none', // 'after' or 'early' (before the answer), each 'twice' if so set
  twice: false,
  stat: 'DELIVRD',
  err: '000',
  ids: 'same', // 'mixed': hexadecimal in the answer, decimal in the receipt
  tlv: true, // receipts carry receipted_message_id and message_state
  mute: false, // enquire_link is not answered
  key: '',
  cert: '',
  ...JSON.parse(process.argv[2] ?? '{}'),
};

const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
const states = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, REJECTD: 8 };
let last = 1000;
let session;

function receipt(id, submit) {
  const shown = settings.ids === 'mixed' ? String(parseInt(id, 16)) : id;
  const text = `id:${shown} sub:001 dlvrd:001 submit date:2611211200 done date:2611211201 stat:${settings.stat} err:${settings.err} text:`;
  const typed = settings.tlv ? { receipted_message_id: shown, message_state: states[settings.stat] } : {};
  const pdu = {
    source_addr: submit.destination_addr,
    destination_addr: submit.source_addr,
    esm_class: 4,
    short_message: { message: text },
    ...typed,
  };
  for (let i = 0; i < (settings.twice ? 2 : 1); i += 1) deliver('deliver_sm', `receipt ${id}`, pdu);
}

// As carriers do: what is put off comes again.
function deliver(command, tag, pdu) {
  session[command]({ ...pdu }, (response) => {
    say('deliver_resp', { tag, status: response.command_status });
    if (response.command_status === smpp.ESME_RX_T_APPN) setTimeout(() => deliver(command, tag, pdu), 20);
  });
}

function submit(pdu) {
  const header = pdu.short_message.udh?.[0];
  const part = header ? [...header].slice(2) : null;
  say('submit', {
    to: pdu.destination_addr,
    to_ton: pdu.dest_addr_ton,
    to_npi: pdu.dest_addr_npi,
    from: pdu.source_addr,
    from_ton: pdu.source_addr_ton,
    text: pdu.short_message.message,
    header_kind: header ? header[0] : null,
    part,
    sar: pdu.sar_total_segments ? [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum] : null,
    esm_class: pdu.esm_class,
    data_coding: pdu.data_coding,
    priority: pdu.priority_flag,
    registered: pdu.registered_delivery,
    validity: pdu.validity_period,
  });
  if (settings.answer === 'silent') return;
  if (settings.throttle > 0) {
    settings.throttle -= 1;
    session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    return;
  }
  const status = settings.refuse[pdu.destination_addr] ?? (part && part[2] === settings.refuse_part ? smpp.ESME_RSUBMITFAIL : 0);
  if (status) {
    session.send(pdu.response({ command_status: status }));
    return;
  }
  last += 1;
  const id = settings.ids === 'mixed' ? last.toString(16) : String(last);
  if (settings.receipts === 'early') receipt(id, pdu);
  session.send(pdu.response({ message_id: id }));
  if (settings.receipts === 'after') receipt(id, pdu);
}

function serve(one) {
  one.socket.setNoDelay(true);
  one.on('error', (error) => say('error', { message: String(error) }));
  one.on('close', () => say('closed'));
  one.on('bind_transceiver', (pdu) => {
    session = one;
    if (pdu.system_id !== 'school' || pdu.password !== 'secret') {
      say('bind_refused');
      one.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
      one.close();
      return;
    }
    one.send(pdu.response({ system_id: 'peer' }));
    say('bound', { version: pdu.interface_version });
  });
  one.on('submit_sm', submit);
  one.on('enquire_link', (pdu) => {
    say('enquire_link');
    if (!settings.mute) one.send(pdu.response());
  });
  one.on('unbind', (pdu) => {
    say('unbind');
    one.send(pdu.response());
    one.close();
  });
}

const options = settings.cert ? { key: settings.key, cert: settings.cert } : {};
const server = smpp.createServer(options, serve);
server.listen(0, '127.0.0.1', () => say('listening', { port: server.address().port }));

const actions = {
  set: ({ do: _, ...more }) => {
    Object.assign(settings, more);
    say('set');
  },
  deliver: ({ tag, pdu }) => deliver('deliver_sm', tag, readable(pdu)),
  data: ({ tag, pdu }) => deliver('data_sm', tag, readable(pdu)),
  enquire: () => session.enquire_link({}, (response) => say('enquire_link_resp', { status: response.command_status })),
  unbind: () => session.unbind({}, () => {
    say('unbind_resp');
    session.close();
  }),
  drop: () => session.socket.destroy(),
};

// Headers and payloads come as hexadecimal.
function readable(pdu) {
  const out = { ...pdu };
  if (out.short_message?.udh) out.short_message = { ...out.short_message, udh: Buffer.from(out.short_message.udh, 'hex') };
  if (out.octets) {
    out.short_message = Buffer.from(out.octets, 'hex');
    delete out.octets;
  }
  return out;
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line);
    actions[order.do](order);
  })
  .on('close', () => process.exit(0));
