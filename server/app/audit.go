package app

import (
	"context"

	"daohu/server/fault"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/write"
)

// auditLog is the audit log as those who look from above may read it.
type auditLog struct{ app *App }

// Lines leaves out what a household says of its helpers: nobody is told who
// wrote that (record.Policy.Private).
func (l auditLog) Lines(ctx context.Context, q write.LogQuery) ([]write.LogLine, int64, error) {
	hidden := map[string]bool{}
	for _, t := range types.All() {
		hidden[t.Name] = t.Private != nil
	}
	return l.app.DB.Log(ctx, q, hidden)
}

// mostFindings is how many findings an answer names.
const mostFindings = 100

func (l auditLog) Check(ctx context.Context, township string) (write.LogCheck, error) {
	all, err := l.app.Audit(ctx, store.Audit{Township: township})
	if err != nil {
		return write.LogCheck{}, err
	}
	if len(all) != 1 {
		return write.LogCheck{}, fault.New(fault.NotFound, "")
	}
	v := all[0]
	out := write.LogCheck{Lines: v.Lines, Rows: v.Rows, Hash: v.Hash, Seq: v.Seq, At: v.At, N: len(v.Findings), Findings: []write.LogFinding{}}
	for _, f := range v.Findings[:min(len(v.Findings), mostFindings)] {
		out.Findings = append(out.Findings, write.LogFinding{Seq: f.Seq, Type: f.Type, ID: f.ID, What: f.What})
	}
	return out, nil
}
