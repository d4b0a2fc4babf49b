package console

import (
	"encoding/base64"
	"html/template"

	"daohu/server/account/staff"
)

func userPages() []Page {
	return []Page{
		{Path: "/users", Title: "用户与手机", Roles: "TK", File: "users", Show: showUsers,
			Acts: map[string]Act{"add": addUser, "code": userCode, "card": userCard, "disable": disableUser, "revoke": revokeUser}},
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
	err := v.Post("/api/v1/users", Body("login", v.Text("login"), "name", v.Text("name"), "role", v.Text("role"), "township", v.Text("township"),
		"area", v.Text("area"), "household", v.Text("household"), "unit", v.Text("unit"), "rank", v.Text("rank"), "tier", v.Text("tier"), "phone", v.Text("phone")), &made)
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
	err := v.Post("/api/v1/users/"+v.Text("key")+"/card", nil, &out)
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
