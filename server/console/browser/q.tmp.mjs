import { api, demo, households, phone, today, launch, open, login } from './support.mjs';
const s = await demo(); const b = await launch();
try {
const admin = await api(s.url, 'admin'); const w = await phone(s.url, 'demo:village-01');
const hs = (await households(admin, (h) => h.village.endsWith('201') && !h.state)).filter(h => h.head);
const place = { lat: 26850000, lng: 104280000, accuracy: 15, coord: 'gcj02' };
const ids = await w.push(hs.slice(0, 2).map((h) => ['visit', h.id, { day: '2026-11-01', stage: 1, text: '以前来过。', ...place }]));
for (const id of ids) { const r = await admin.get('/records/visit/' + id); await admin.post('/records/visit/' + id + '/decision', { action: 'approve', rev: r.rev }); }
const now = await w.push(hs.slice(0, 14).map((h, i) => ['visit', h.id, { day: today(), stage: 2, text: '老两口身体还行，想把猪圈修一修再养两头。屋后墙有条裂缝，已拍照。', met: ['户主', '之子'], needs: '修猪圈的钱还差一点', checkinAt: Date.now() - 3600e3, ...place, lat: place.lat + 400 * i }]));
// one sent back and corrected
const id = now[0]; const r = await admin.get('/records/visit/' + id); await admin.post('/records/visit/' + id + '/decision', { action: 'return', rev: r.rev, reason: '请写明孩子几岁。' });
await w.push([['visit', hs[0].id, { text: '老两口身体还行，孙子 9 岁上三年级。' }, id]]);
await w.push([['household', hs[3].id, { phone: '19900002048', danger: 'C级' }, hs[3].id], ['member', hs[2].id, { name: '新生', sex: '男', birth: '2026-11', relation: '之孙子' }, undefined]]);
const m = await w.push([['measure', hs[1].id, { kind: '产业帮扶', what: '能繁母牛 2 头', amount: 1000000, quantity: 2, unit: '头' }, undefined]]).catch(e => console.log(e.message));
const p = await open(b, s.url); await login(p, 'admin', '/queue');
await p.screenshot({ path: '/tmp/demo/q1.png' });
await p.goto('/queue?type=visit&at=' + id); await p.keyboard.press('r'); await p.screenshot({ path: '/tmp/demo/q2.png' });
await p.goto('/queue?type=proposal'); await p.screenshot({ path: '/tmp/demo/q3.png' });
await p.goto('/queue?type=measure'); await p.screenshot({ path: '/tmp/demo/q4.png' });
await p.goto('/queue'); await p.click('[data-tick=mark]'); await p.click('#batch [value=approve]'); await p.waitForSelector('text=试一试：'); await p.screenshot({ path: '/tmp/demo/q5.png' });
console.log(p.said);
} finally { await b.close(); await s.stop(); }
