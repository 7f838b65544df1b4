// The smallest client that loses nothing: it keeps the last cursor and gives it back when it reconnects.
const byId = (id) => document.getElementById(id);
const messages = byId('messages');
const status = byId('status');
const stop = byId('stop');
const sessionId = (sessionStorage.session ??= `web-${crypto.randomUUID()}`);
const answers = new Map();
let socket;
let cursor;
let running;
let attempts = 0;

function show(kind, title, text) {
  const article = document.createElement('article');
  article.className = kind;
  const strong = document.createElement('strong');
  strong.textContent = `${title}: `;
  const body = document.createElement('span');
  body.textContent = text;
  article.append(strong, body);
  messages.append(article);
  article.scrollIntoView({ block: 'end' });
  return body;
}

const handlers = {
  connection: () => (status.textContent = 'conectado'),
  chat_accepted: ({ request_id, message }) => {
    running = request_id;
    stop.disabled = false;
    show('user', 'Você', message);
  },
  chat: ({ request_id, agent_name, content, chunk_index }) => {
    if (chunk_index === 0) answers.set(request_id, show('assistant', agent_name, ''));
    answers.get(request_id)?.append(content);
  },
  chat_restart: ({ request_id }) => answers.get(request_id)?.replaceChildren(),
  chat_complete: ({ request_id }) => ended(request_id),
  queued: ({ position }) => (status.textContent = `na fila: ${position}`),
  error: ({ message, request_id }) => {
    show('event', 'Erro', message);
    ended(request_id);
  },
  subscribed: ({ message }) => show('event', 'Inscrição', message),
  notification: (data) => show('event', 'Aviso', JSON.stringify(data)),
  anomaly_detected: ({ investigation_id, severity, description }) =>
    show('event', `Anomalia ${severity} em ${investigation_id}`, description ?? ''),
};

function ended(requestId) {
  answers.delete(requestId);
  if (requestId !== running) return;
  running = undefined;
  stop.disabled = true;
  status.textContent = 'conectado';
}

function connect() {
  const since = cursor === undefined ? '' : `?since=${cursor}`;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  socket = new WebSocket(`${scheme}://${location.host}/ws/chat/${sessionId}${since}`, 'cidadao.v1');
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    attempts = 0;
    if (event.type === 'connection') cursor = event.data.cursor;
    if (event.channel === 'session') cursor = event.cursor;
    const handler = handlers[event.type];
    if (handler !== undefined) handler(event.data);
    else if (event.type.startsWith('investigation_')) {
      show('event', `${event.data.investigation_id} · ${event.data.update_type}`, JSON.stringify(event.data));
    }
  };
  socket.onclose = () => {
    status.textContent = 'reconectando…';
    attempts += 1;
    setTimeout(connect, Math.random() * Math.min(15_000, 500 * 2 ** attempts));
  };
}

const send = (type, data, id) => socket.send(JSON.stringify({ type, data, ...(id && { id }) }));

byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  send('chat', { message: byId('question').value }, crypto.randomUUID());
  byId('question').value = '';
});
byId('follow').addEventListener('submit', (event) => {
  event.preventDefault();
  send('subscribe', { investigation_id: byId('investigation').value });
});
stop.addEventListener('click', () => send('cancel', { request_id: running }));
connect();
