package console

import (
	"cmp"
	"encoding/base64"
	"html/template"
	"net/url"

	"daohu/server/account/staff"
	"daohu/server/api"
	"daohu/server/fault"
)

func userPages() []Page {
	return []Page{
		{Path: "/users", Title: "用户与手机", Roles: "TK", File: "users", Show: showUsers,
			Acts: map[string]Act{"add": addUser, "code": userCode, "disable": disableUser, "revoke": revokeUser}},
		{Path: "/devices", Title: "手机", Menu: "/users", Roles: "T", File: "devices", Show: showDevices, Acts: map[string]Act{"wipe": wipeDevice}},
		{Path: "/account", Title: "我的账号", Menu: "/users", Roles: "TKA", File: "account", Show: showAccount,
			Acts: map[string]Act{"password": changePassword, "totp": startTOTP, "confirm": confirmTOTP, "others": endOthers}},
		{Path: "/users/{id}/card", Title: "便民卡", Menu: "/users", Roles: "TK", File: "usercard", Print: true, Sample: "/api/v1/users?role=H&limit=1", Show: showUserCard, Acts: map[string]Act{"card": userCard}},
	}
}

// Secret is what is shown only now: a code to bind, or a household's card.
type Secret struct {
	Code, PIN, URL string
	UntilAt        int64
	QR             template.URL // a picture in the address; "" = none
}

func showUsers(v *View) (any, error) {
	var out Rows[staff.User]
	return &out, v.Get("/api/v1/users", v.Query("role", "after"), &out)
}

func addUser(v *View) (Done, error) {
	var made staff.User
	var house House
	if v.Text("household") != "" {
		var err error
		if house, err = v.theHouse("household"); err != nil {
			return Done{}, err
		}
	}
	township := v.Text("township")
	if v.Text("role") == "A" {
		township = "" // an auditor is the county's, whichever township is looked at
	}
	err := v.Post("/api/v1/users", Body("login", v.Text("login"), "name", v.Text("name"), "role", v.Text("role"), "township", township,
		"area", v.Text("area"), "household", house.ID, "unit", v.Text("unit"), "rank", v.Text("rank"), "tier", v.Text("tier"), "phone", v.Text("phone")), &made)
	return Done{To: "/users", Say: "已添加：" + made.Name + "。"}, err
}

func userCode(v *View) (Done, error) {
	var out struct {
		Code    string
		UntilAt int64
		QR      []byte
	}
	err := v.Post("/api/v1/users/"+v.Text("key")+"/code", nil, &out)
	return Done{Data: &Secret{Code: out.Code, UntilAt: out.UntilAt, QR: picture(out.QR)}}, err
}

func userCard(v *View) (Done, error) {
	var out struct {
		PIN, URL string
		QR       []byte
	}
	err := v.Post("/api/v1/users/"+url.PathEscape(cmp.Or(v.ID(), v.Text("key")))+"/card", nil, &out)
	return Done{Data: &Secret{PIN: out.PIN, URL: out.URL, QR: picture(out.QR)}}, err
}

func disableUser(v *View) (Done, error) {
	on := v.Text("on") == "1"
	say := "已恢复使用。"
	if on {
		say = "已停用。"
	}
	return Done{Say: say}, v.Post("/api/v1/users/"+v.Text("key")+"/disable", Body("on", on, "anyway", v.Ticked("anyway")), nil)
}

func revokeUser(v *View) (Done, error) {
	return Done{Say: "已让这个账号退出登录。"}, v.Post("/api/v1/users/"+v.Text("key")+"/revoke", nil, nil)
}

// picture is a PNG the API made as an address for <img>: its bytes are ours,
// so that the address is safe whatever the user's data is.
func picture(png []byte) template.URL {
	if len(png) == 0 {
		return ""
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png))
}

func showDevices(v *View) (any, error) {
	var out Rows[staff.Device]
	return &out, v.Get("/api/v1/devices", v.Pick("after"), &out)
}

func wipeDevice(v *View) (Done, error) {
	on := v.Text("on") == "1"
	say := "不抹了。"
	if on {
		say = "它下次联网就抹掉自己。"
	}
	return Done{Say: say}, v.Post("/api/v1/devices/"+url.PathEscape(v.Text("key"))+"/wipe", map[string]any{"on": on, "reason": v.Text("reason")}, nil)
}

// showUserCard asks before a new card is made: the old one ends with it.
func showUserCard(v *View) (any, error) {
	return &struct{ ID string }{v.ID()}, nil
}

func showAccount(v *View) (any, error) {
	var out Rows[api.OpenSession]
	return &out, v.Get("/api/v1/me/sessions", nil, &out)
}

// changePassword asks for the new one twice: nobody sees what is typed.
func changePassword(v *View) (Done, error) {
	if v.form.Get("password") != v.form.Get("again") {
		return Done{}, fault.Bad(fault.Field{Name: "again", Code: "not-allowed", Detail: "两次写的不一样。"})
	}
	return Done{To: "/", Say: "密码已改，请用新密码登录。"}, v.Post("/api/v1/me/password", Body("old", v.form.Get("old"), "password", v.form.Get("password")), nil)
}

func startTOTP(v *View) (Done, error) {
	var out api.TOTP
	err := v.Post("/api/v1/me/totp", nil, &out)
	return Done{Data: &Secret{Code: out.Secret, QR: picture(out.QR)}}, err
}

func confirmTOTP(v *View) (Done, error) {
	return Done{Say: "第二道验证已打开。"}, v.Post("/api/v1/me/totp/confirm", Body("code", v.Text("code")), nil)
}

func endOthers(v *View) (Done, error) {
	return Done{Say: "别处的登录都退出了。"}, v.Post("/api/v1/me/sessions/end", map[string]any{"others": true}, nil)
}
