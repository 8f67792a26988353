/*
 * The texts of the owner's bot, as in text_keys.h: TEXT(ID, "key in conf/texts/<language>.owner.yaml",
 * "placeholders") for messages, PLAIN(…) for buttons and answers. No include guard.
 */
/* clang-format off */

/* The menu, and what all screens share */
TEXT(OWNER_MENU, "owner_menu", "waktu toko aktif masalah dijeda order omzet antrean")
TEXT(OWNER_HELP, "owner_help", "")
TEXT(OWNER_MENU_WIZARD, "owner_menu_wizard", "judul")
PLAIN(OWNER_COMMAND_START, "owner_command_start", "")
PLAIN(OWNER_COMMAND_STORES, "owner_command_stores", "")
PLAIN(OWNER_COMMAND_HELP, "owner_command_help", "")
PLAIN(BUTTON_OWNER_MENU, "button_owner_menu", "")
PLAIN(BUTTON_OWNER_STORES, "button_owner_stores", "")
PLAIN(BUTTON_OWNER_REFRESH, "button_owner_refresh", "")

/* Stores */
TEXT(OWNER_STORES, "owner_stores", "jumlah baris")
TEXT(OWNER_STORES_NONE, "owner_stores_none", "")
TEXT(OWNER_STORES_LINE, "owner_stores_line", "tanda toko order omzet")
