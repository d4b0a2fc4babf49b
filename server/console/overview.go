package console

import "daohu/server/figures"

func overviewPages() []Page {
	return []Page{{Path: "/", Title: "总览", Roles: "TKA", File: "overview", Show: showOverview}}
}

// Overview is an area's figures, level by level.
type Overview struct{ figures.Drill }

func showOverview(v *View) (any, error) {
	var out Overview
	return &out, v.Get("/api/v1/figures", v.Pick("area", "year", "month"), &out.Drill)
}
