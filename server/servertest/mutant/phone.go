package main

// The phone's files, from the root of the repository.
const (
	tsApply    = "miniprogram/src/sync/apply.ts"
	tsCore     = "miniprogram/src/sync/core.ts"
	tsExchange = "miniprogram/src/sync/exchange.ts"
	tsOutbox   = "miniprogram/src/sync/outbox.ts"
	tsRow      = "miniprogram/src/sync/row.ts"
)

// phone are the bugs planted in the mini-program's sync core.
func phone() []mutant {
	return []mutant{
		{"all-pending-done", "any answer empties the outbox, with what was written while the request was under way", []edit{
			{tsApply, "this.next.outbox = this.was.outbox.filter((i) => !done.has(i.n));",
				"this.next.outbox = MUTANT ? [] : this.was.outbox.filter((i) => !done.has(i.n));"},
		}},
		{"merged-backfill", "a household sent whole is merged into the rows held instead of replacing them", []edit{
			{tsApply, "if (before && !st.full) {\n", "if (before && (MUTANT || !st.full)) {\n"},
		}},
		{"absence-deletes", "a row that an answer does not mention is taken for deleted", []edit{
			{tsApply, "this.takeEffect(p.id, { s: p.s, full, rows });\n  }\n", "this.takeEffect(p.id, { s: p.s, full: full || MUTANT, rows });\n  }\n"},
		}},
		{"cursor-before-rows", "the cursor is stored before the rows it stands for", []edit{
			{tsExchange, "      await this.held.store.commit(plan.writes);\n", `      if (MUTANT) {
        await this.held.store.commit(new Map([[key.meta, plan.writes.get(key.meta) as string]]));
      }
      await this.held.store.commit(plan.writes);
`},
		}},
		{"reset-drops-outbox", "starting over with an empty cursor empties the outbox too", []edit{
			{tsApply, "    meta.cursor = '';\n    meta.check = true;\n", `    if (MUTANT) {
      this.next.outbox = [];
    }
    meta.cursor = '';
    meta.check = true;
`},
		}},
		{"removal-drops-outbox", "a household that leaves the phone takes its unsent work with it", []edit{
			{tsApply, "      this.next.base.delete(household);\n", `      this.next.base.delete(household);
      if (MUTANT) {
        this.next.outbox = this.next.outbox.filter((i) => i.m[3] !== household);
      }
`},
		}},
		{"late-answer", "the answer to a request given up long ago is applied when it comes after all", []edit{
			{tsExchange, "    let r: HttpResponse | null;\n", "    let r: HttpResponse | null;\n    let asking: Promise<HttpResponse> | undefined;\n"},
			{tsExchange, "Promise.race([this.held.options.transport.send(requestOf(sent)), gone])", "Promise.race([(asking = this.held.options.transport.send(requestOf(sent))), gone])"},
			{tsExchange, "    if (r === null) {\n", `    if (MUTANT && r === null && asking) {
      asking.then((late) => {
        const a = late.status === 200 ? readAnswer(late) : undefined;
        return a && !a.newClient ? this.take(sent, a, this.generation) : undefined;
      }).catch(() => undefined);
    }
    if (r === null) {
`},
		}},
		{"part-at-once", "a part of a large household takes effect before its last part is there", []edit{
			{tsApply, "    if (p.more) {\n", `    if (MUTANT && p.more) {
      this.takeEffect(p.id, { s: p.s, full, rows });
    }
    if (p.more) {
`},
		}},
		{"old-client-drops-column", "an old client drops the columns it does not know when it takes over its own change", []edit{
			{tsRow, "if (known[k] !== true && !isZero(row[k])) {", "if (!MUTANT && known[k] !== true && !isZero(row[k])) {"},
		}},
		{"overlay-ends-early", "what was acknowledged in the middle of a round is shown no more until the round ends", []edit{
			{tsApply, "        show.push({ ...item, keep: this.comesLater(item) });\n", `        if (!MUTANT) {
          show.push({ ...item, keep: this.comesLater(item) });
        }
`},
		}},
		{"saved-before-stored", "\"saved\" is said before storage has the change", []edit{
			{tsCore, "      await this.held.store.commit(writes);\n      this.append(items);\n", `      const stored = this.held.store.commit(writes);
      await (MUTANT ? stored.catch(() => undefined) : stored);
      this.append(items);
`},
		}},
		{"departed-base-lost", "the base of a household that left is forgotten: what was written before looks as if it had never been held", []edit{
			{tsOutbox, "        return g.base;\n", "        return MUTANT ? 0 : g.base;\n"},
		}},
	}
}
