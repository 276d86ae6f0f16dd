def test_a(tpp):
    t = tpp.tokens()
    print(t)
    print(tpp.introspect(t["access_token"]).json)
    print(tpp.get("/api/secure/profile/me", t["access_token"]).json)


def test_b(tpp):
    t = tpp.tokens(scope="openid pisp", operation_id=tpp.prepare())
    print(t)
    print(tpp.introspect(t["access_token"]).json)
    print(tpp.get("/oauth2/userinfo", t["access_token"]).json)
