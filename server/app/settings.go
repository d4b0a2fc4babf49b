package app

import (
	"context"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/booklet"
	"daohu/server/calendar"
	"daohu/server/casework"
	"daohu/server/form/rate"
	"daohu/server/pairing"
	"daohu/server/photo"
	"daohu/server/quality"
	"daohu/server/setting"
	"daohu/server/terms"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/workflow/flow"
)

// settingKinds lists every kind of document a township may have of its own.
// A kind is added here and nowhere else.
func (a *App) settingKinds() ([]setting.Kind, error) {
	words, err := terms.Kind()
	if err != nil {
		return nil, err
	}
	visits, err := activity.Kinds(a.today)
	if err != nil {
		return nil, err
	}
	agreed, err := photo.ConsentKind()
	if err != nil {
		return nil, err
	}
	return append([]setting.Kind{words, agreed, quality.Kind(), rate.Kind(), pairing.Kind(), calendar.Kind(), casework.Kind(), booklet.Kind(), workflow.FlowRules(types.All()).Kind()}, visits...), nil
}

// flows are the workflows that hold in a township.
func (a *App) flows(ctx context.Context, township string) (*flow.Book, error) {
	raw, err := a.Settings.Current(ctx, township, flow.Code)
	if err != nil {
		return nil, err
	}
	return workflow.FlowRules(types.All()).Parse(raw)
}

// calendar are the working days that hold in a township.
func (a *App) calendar(ctx context.Context, township string) (*calendar.Calendar, error) {
	raw, err := a.Settings.Current(ctx, township, calendar.Code)
	if err != nil {
		return nil, err
	}
	return calendar.Parse(raw)
}

// PublishSetting publishes a document in one township, or in each, in the name
// of the operator at the command line; what holds now is written over,
// whichever edition it is. It returns the townships.
func (a *App) PublishSetting(ctx context.Context, only, code string, c setting.Change) ([]string, error) {
	codes, err := a.townships(ctx, only)
	if err != nil {
		return nil, err
	}
	for _, township := range codes {
		now, err := a.Settings.Show(ctx, township, code)
		if err != nil {
			return nil, err
		}
		c.Edition = now.Edition
		if _, err := a.Settings.Publish(ctx, access.Actor{}, township, code, c); err != nil {
			return nil, err
		}
	}
	return codes, nil
}
