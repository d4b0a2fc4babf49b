package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"daohu/server/activity"
	"daohu/server/demo"
	"daohu/server/form"
	"daohu/server/roster"
	"daohu/server/workflow"
)

// demoLately lets the cadres of the demo's first township send what they did
// lately, so that the queue, the map and the awareness rates have something to
// show.
func (a *App) demoLately(ctx context.Context, b *roster.Book, got *Imported, say func(string, int, int)) error {
	forms, err := every[*form.Form](ctx, a, form.Type, got.Township)
	if err != nil {
		return err
	}
	seeds, err := form.Builtin()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(forms, func(f *form.Form) bool { return f.Code == seeds[0].Code })
	if i < 0 {
		return errors.New("the demo has no paper")
	}
	paper, err := form.ParsePaper(seeds[0].Body)
	if err != nil {
		return err
	}
	work := demo.Lately(b, paper, DemoSeed, a.opt.Now().In(shanghai))
	for n, w := range work {
		if err := a.demoPush(ctx, w.Login, got.Township, a.lately(w, forms[i].ID, got.IDs)); err != nil {
			return err
		}
		say("问答和走访", n+1, len(work))
	}
	return a.demoApprove(ctx, got.Township)
}

// demoApprove lets the admin approve the visits that came first, in one batch.
func (a *App) demoApprove(ctx context.Context, township string) error {
	admin, err := a.desk(ctx, township)
	if err != nil {
		return err
	}
	var batch workflow.Batch
	list, err := every[*activity.Visit](ctx, a, activity.VisitType, township)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(v *activity.Visit) bool { return v.State != workflow.Pending })
	slices.SortFunc(list, func(x, y *activity.Visit) int { return cmp.Compare(x.Seq, y.Seq) })
	for _, v := range list[:max(0, len(list)-demo.Waiting)] {
		batch.Rows = append(batch.Rows, workflow.Mark{ID: v.ID, Rev: v.Version})
	}
	batch.Action = "approve"
	out, err := a.Workflow.DecideAll(ctx, admin, activity.VisitType, batch)
	if err == nil && out.N != len(batch.Rows) {
		err = fmt.Errorf("the demo's admin approved %d of %d visits", out.N, len(batch.Rows))
	}
	return err
}

func (a *App) lately(w demo.Work, paper string, houses map[string]string) (muts []demoMut) {
	now := a.opt.Now().UnixMilli()
	for _, q := range w.Quizzes {
		muts = append(muts, demoMut{form.ResponseType, a.DB.NewID(), houses[q.House], map[string]any{"form": paper, "day": q.Day, "answers": q.Answers}, now})
	}
	for _, f := range w.Visits {
		at := now - int64(f.Minutes)*60_000
		patch := map[string]any{"day": f.Visit.Day, "stage": f.Visit.Stage, "text": f.Visit.Text, "checkinAt": at - 60_000}
		if f.Visit.Coord != "" {
			patch["lat"], patch["lng"], patch["accuracy"], patch["coord"] = f.Visit.Lat, f.Visit.Lng, f.Visit.Accuracy, f.Visit.Coord
		}
		muts = append(muts, demoMut{activity.VisitType, a.DB.NewID(), houses[f.House], patch, at})
	}
	return muts
}
