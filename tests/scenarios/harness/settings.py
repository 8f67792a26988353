"""The way to a store's settings in the chat."""


def settings(admin, store):
    """From /admin to the list of settings."""
    admin.send(store, "/admin")
    admin.press(store, "🏪 Pengaturan Toko", admin.wait_for(store, "Admin Settings"))
    return admin.wait_for(store, "Pengaturan Toko")


def setting(admin, store, label):
    """One of them."""
    admin.press(store, label, settings(admin, store))
    return admin.wait_for(store, lambda m: m.text.startswith("⚙️ " + label))


def ask(admin, store, label):
    """The form that changes it."""
    admin.press(store, "✏️ Ubah", setting(admin, store, label))
    return admin.wait_for(store, "Ubah pengaturan toko")


def change(admin, store, label, typed):
    ask(admin, store, label)
    admin.send(store, typed)
    return admin.wait_for(store, "Tersimpan")


def reset(admin, store, label):
    page = setting(admin, store, label)
    admin.press(store, "↩️ Bawaan", page)
    return admin.wait_for(store, lambda m: m.id == page.id and not m.button("↩️ Bawaan"))
