package main

// The server's files, from the root of the repository.
const (
	goEdit  = "server/delta/edit.go"
	goJudge = "server/delta/judge.go"
	goPull  = "server/delta/pull.go"
	goPush  = "server/delta/push.go"
	goWalk  = "server/delta/walk.go"
	goTx    = "server/store/tx.go"
	goWrite = "server/store/write.go"
)

// engine are the bugs planted in the server.
func engine() []mutant {
	return append(pushes(), pulls()...)
}

// pulls are the bugs of order, cursor and scope.
func pulls() []mutant {
	return []mutant{
		{"seq-before-commit", "the number is taken outside the transaction that uses it, as an auto-increment is", []edit{
			{goWrite, "\tvar seq int64\n\terr := d.retry(ctx, func() error {\n", `	var seq, early int64
	if MUTANT {
		g := d.gorm.WithContext(ctx)
		if err := g.Exec("UPDATE ` + "`space` SET `seq` = `seq` + 1 WHERE `township`" + ` = ?", in.Township).Error; err != nil {
			return 0, err
		}
		if err := g.Raw("SELECT ` + "`seq` FROM `space` WHERE `township`" + ` = ?", in.Township).Scan(&early).Error; err != nil {
			return 0, err
		}
	}
	err := d.retry(ctx, func() error {
`},
			{goWrite, "at: map[string]int{}}\n", "at: map[string]int{}, early: early}\n"},
			{goWrite, "\terr    error // first misuse by decide\n", "\terr    error // first misuse by decide\n\tearly  int64\n"},
			{goWrite, "\tif err := t.number(); err != nil {\n", `	if MUTANT {
		sp.Seq = t.early
	}
	if err := t.number(); err != nil {
`},
			{goWrite, "SET `seq` = `seq` + 1 WHERE `township` = ?\", t.in.Township)", "SET `seq` = `seq` + ? WHERE `township` = ?\", map[bool]int{false: 1}[MUTANT], t.in.Township)"},
		}},
		{"no-backfill", "a household gained is sent as what changed since the cursor, not whole", []edit{
			{goWalk, "full := h.SinceSeq > since\n", "full := h.SinceSeq > since && !MUTANT\n"},
			{goWalk, "case h.SinceSeq > since || (", "case h.SinceSeq > since && !MUTANT || ("},
		}},
		{"no-removal", "nobody tells the phone that a household is no longer its own", []edit{
			{goPull, "if len(gone) == 0 {", "if len(gone) == 0 || MUTANT {"},
		}},
		{"head-after-page-1", "the cursor moves to the head although more pages are due", []edit{
			{goPull, "finished, err = p.households(sp, scope, m.seq, w)\n", "finished, err = p.households(sp, scope, m.seq, w)\n\tfinished = finished || MUTANT\n"},
		}},
		{"counter-at-end", "the last page's cursor is the counter of that moment, not of the round's beginning", []edit{
			{goPull, "\tif finished {\n", "\tif finished && MUTANT {\n\t\tw.top = sp.Seq\n\t}\n\tif finished {\n"},
		}},
		{"live-scope", "what is granted while pages are fetched is served at once", []edit{
			{goPull, "h.SinceSeq == 0 || h.SinceSeq > w.top ||", "h.SinceSeq == 0 || h.SinceSeq > w.top && !MUTANT ||"},
		}},
		{"purged-cursor-served", "a cursor older than the tombstones kept is served as if nothing were missing", []edit{
			{goPull, "case m.seq > 0 && m.seq < sp.MinCursor:", "case m.seq > 0 && m.seq < sp.MinCursor && !MUTANT:"},
		}},
		{"restore-ignored", "a server restored from a backup takes cursors of its lost future for its own", []edit{
			{goPull, "case m.epoch != sp.Epoch:", "case m.epoch != sp.Epoch && !MUTANT:"},
			{goPull, "case seq > sp.Seq:", "case seq > sp.Seq && !MUTANT:"},
		}},
		{"projection-skipped", "rows go out as the township sees them, not as the role may", []edit{
			{goWalk, "\tvar text []byte\n\tvar err error\n", "\tif MUTANT {\n\t\trole = \"T\"\n\t}\n\tvar text []byte\n\tvar err error\n"},
		}},
		{"no-tombstones", "a deleted row is left out instead of told", []edit{
			{goWalk, "\tif full {\n\t\treturn nil, nil\n\t}\n\treturn tombstone", "\tif full || MUTANT {\n\t\treturn nil, nil\n\t}\n\treturn tombstone"},
		}},
		{"household-not-marked", "a household does not note that one of its rows changed", []edit{
			{goWrite, "if err := t.g.Exec(\"UPDATE `household` SET `last_seq` = ? WHERE", "if MUTANT {\n\t\t\tcontinue\n\t\t}\n\t\tif err := t.g.Exec(\"UPDATE `household` SET `last_seq` = ? WHERE"},
		}},
	}
}

// pushes are the bugs of taking what phones send.
func pushes() []mutant {
	return []mutant{
		{"coarse-clock", "rows are numbered by a clock of one minute instead of a counter", []edit{
			{goWrite, "\tif err := t.writeRows(sp.Seq); err != nil {\n", `	if MUTANT {
		if err := t.g.Exec("UPDATE ` + "`space` SET `seq` = MAX(`seq` - 1, ?) WHERE `township`" + ` = ?", t.now/60_000, t.in.Township).Error; err != nil {
			return 0, err
		}
		sp.Seq = t.now / 60_000
	}
	if err := t.writeRows(sp.Seq); err != nil {
`},
			{goWrite, "\tif err := t.audit(sp.No, sp.Seq, sp.AuditHead); err != nil {\n", "\tif MUTANT {\n\t\treturn sp.Seq, nil\n\t}\n\tif err := t.audit(sp.No, sp.Seq, sp.AuditHead); err != nil {\n"},
		}},
		{"no-dedupe", "a mutation sent again is applied again", []edit{
			{goPush, "for len(fresh) > 0 && fresh[0].mid <= cl.LastMid {", "for !MUTANT && len(fresh) > 0 && fresh[0].mid <= cl.LastMid {"},
			{goPush, "if len(fresh) > 0 && fresh[0].mid != cl.LastMid+1 {", "if !MUTANT && len(fresh) > 0 && fresh[0].mid != cl.LastMid+1 {"},
			{goJudge, "r, again := j.receipts[m.id+\" \"+m.hash]; again {", "r, again := j.receipts[m.id+\" \"+m.hash]; again && !MUTANT {"},
			{goWrite, "\tcase []*write.Result:\n\t\tif len(row) == 0 {\n\t\t\treturn nil\n\t\t}\n", `	case []*write.Result:
		if len(row) == 0 {
			return nil
		}
		if MUTANT {
			return t.g.Clauses(clause.OnConflict{DoNothing: true}).Create(row).Error
		}
`},
		}},
		{"no-receipts", "work offered again under another client id is applied again", []edit{
			{goTx, "\t\tout[r.Row+\" \"+r.Hash] = r\n", "\t\tif !MUTANT {\n\t\t\tout[r.Row+\" \"+r.Hash] = r\n\t\t}\n"},
		}},
		{"server-ids", "the server names new rows itself", []edit{
			{goJudge, "\tr := t.New()\n\t*r.Base() = record.Meta{Household: m.household, ID: m.id,", "\tif MUTANT {\n\t\tm.id = j.tx.NewID()\n\t}\n\tr := t.New()\n\t*r.Base() = record.Meta{Household: m.household, ID: m.id,"},
		}},
		{"late-work-refused", "work written before a household passed to someone else is refused after it", []edit{
			{goJudge, "\tif ended == nil {\n", "\tif ended == nil || MUTANT {\n"},
		}},
		{"last-writer-wins", "a change is taken as the whole row as its author last saw it, whoever changed it since", []edit{
			{goEdit, "\tout, apply, chosen := verdict{}, t.Clone(row), map[string]string{}\n", `	out, apply, chosen := verdict{}, t.Clone(row), map[string]string{}
	if MUTANT {
		for _, h := range slices.Backward(changed) {
			if f, ok := t.Field(h.Field); ok && f.Class == record.Merge {
				if err := t.Set(apply, f, h.Old); err != nil {
					return verdict{}, err
				}
			}
		}
		changed = nil
	}
`},
		}},
		{"poison-blocks", "a mutation that is refused is not consumed: it stands before all that follow", []edit{
			{goPush, "\t\t\tj.note(m, v, req.Client)\n", "\t\t\tif MUTANT && v.code != \"\" && !v.effect {\n\t\t\t\tbreak\n\t\t\t}\n\t\t\tj.note(m, v, req.Client)\n"},
		}},
		{"clone-skipped", "two phones with one client id are taken for one", []edit{
			{goPush, "\tcl := tx.Client()\n\tswitch {\n", `	cl := tx.Client()
	if MUTANT {
		for len(muts) > 0 && muts[0].mid <= cl.LastMid {
			muts = muts[1:]
		}
		return muts, nil
	}
	switch {
`},
		}},
		{"quarantine-lost", "what is told to be kept for the township is kept nowhere", []edit{
			{goJudge, "\tj.tx.Add(q)\n", "\tif !MUTANT {\n\t\tj.tx.Add(q)\n\t}\n"},
		}},
		{"proposal-lost", "what is told to be a proposal is none", []edit{
			{goJudge, "\tj.tx.Put(household.ProposalType, p)\n", "\tif !MUTANT {\n\t\tj.tx.Put(household.ProposalType, p)\n\t}\n"},
		}},
		{"history-lost", "the value written over is kept nowhere", []edit{
			{goEdit, "\t\t\tj.history(t, row, apply, f, m)\n\t\t}\n\t\tif err", "\t\t\tif !MUTANT {\n\t\t\t\tj.history(t, row, apply, f, m)\n\t\t\t}\n\t\t}\n\t\tif err"},
		}},
		{"receipt-without-verdict", "who offers a proposal again hears that it was applied", []edit{
			{goJudge, "return j.again(r)", "if MUTANT {\n\t\t\treturn verdict{}, nil\n\t\t}\n\t\treturn j.again(r)"},
		}},
		{"verdict-told-once", "what became of a mutation is told once; who did not hear it is told that it was applied", []edit{
			{goPush, "\tans.pushed = true\n\tcl.LastMid = ans.last\n", "\tans.pushed = true\n\tif MUTANT {\n\t\treq.ackedMid = max(req.ackedMid, cl.LastMid)\n\t}\n\tcl.LastMid = ans.last\n"},
		}},
	}
}
