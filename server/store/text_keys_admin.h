/*
 * The texts that only a store's admins see, as in text_keys.h: TEXT(ID, "key in
 * conf/texts/<language>.admin.yaml", "placeholders") for messages, PLAIN(…) for buttons and answers. No
 * include guard. A store can't have them in words of its own.
 */
/* clang-format off */

/* The menu, and what all screens share */
TEXT(MENU, "menu", "store_name jumlah stok baris")
TEXT(MENU_LOW_LINE, "menu_low_line", "produk stok")
TEXT(MENU_LOW_NONE, "menu_low_none", "")
TEXT(MENU_WIZARD, "menu_wizard", "judul")
PLAIN(MENU_TEXTS, "menu_texts", "")
PLAIN(MENU_PRODUCTS, "menu_products", "")
PLAIN(MENU_ORDERS, "menu_orders", "")
PLAIN(MENU_PEOPLE, "menu_people", "")
PLAIN(MENU_VOUCHERS, "menu_vouchers", "")
PLAIN(MENU_BROADCAST, "menu_broadcast", "")
PLAIN(MENU_CALCULATOR, "menu_calculator", "")
PLAIN(MENU_STATISTICS, "menu_statistics", "")
PLAIN(MENU_DEPOSITS, "menu_deposits", "")
PLAIN(MENU_SETTINGS, "menu_settings", "")
PLAIN(MENU_LOGS, "menu_logs", "")
PLAIN(BUTTON_BACK, "button_back", "")
PLAIN(BUTTON_MENU, "button_menu", "")
PLAIN(BUTTON_YES, "button_yes", "")
PLAIN(BUTTON_NO, "button_no", "")
TEXT(CHANGED_MEANWHILE, "changed_meanwhile", "")
PLAIN(ALERT_CHANGED_MEANWHILE, "alert_changed_meanwhile", "")
PLAIN(ALERT_SAVED, "alert_saved", "")

/* Wizards */
TEXT(WIZARD_STEP, "wizard_step", "judul langkah jumlah isian alasan pertanyaan")
TEXT(WIZARD_ONLY_STEP, "wizard_only_step", "judul alasan pertanyaan")
TEXT(WIZARD_CONFIRM, "wizard_confirm", "judul isian alasan pertanyaan")
TEXT(WIZARD_ANSWER, "wizard_answer", "nama isi")
TEXT(WIZARD_WHY, "wizard_why", "alasan")
TEXT(WIZARD_SURE, "wizard_sure", "")
TEXT(WIZARD_CANCELLED, "wizard_cancelled", "judul")
TEXT(WIZARD_NO_CHOICES, "wizard_no_choices", "")
TEXT(WIZARD_WHY_LINE, "wizard_why_line", "minimum maksimum")
TEXT(WIZARD_WHY_TEXT, "wizard_why_text", "minimum maksimum")
TEXT(WIZARD_WHY_AMOUNT, "wizard_why_amount", "minimum maksimum")
TEXT(WIZARD_WHY_NUMBER, "wizard_why_number", "minimum maksimum")
TEXT(WIZARD_WHY_TIME, "wizard_why_time", "")
TEXT(WIZARD_WHY_CHOICE, "wizard_why_choice", "")
TEXT(WIZARD_WHY_PHOTO, "wizard_why_photo", "")
TEXT(WIZARD_WHY_DOCUMENT, "wizard_why_document", "")
TEXT(WIZARD_WHY_STICKER, "wizard_why_sticker", "")
PLAIN(WIZARD_LEFT_OUT, "wizard_left_out", "")
PLAIN(WIZARD_A_PHOTO, "wizard_a_photo", "")
PLAIN(WIZARD_A_STICKER, "wizard_a_sticker", "")
PLAIN(WIZARD_A_MESSAGE, "wizard_a_message", "")
PLAIN(BUTTON_SKIP, "button_skip", "")
PLAIN(BUTTON_STEP_BACK, "button_step_back", "")
PLAIN(BUTTON_SAVE, "button_save", "")
PLAIN(BUTTON_RESUME, "button_resume", "")
PLAIN(ALERT_WIZARD_OVER, "alert_wizard_over", "")

/* Products */

/* Stock */

/* Terms (SNK) */

/* Orders */

/* People */

/* Vouchers */

/* Broadcast */

/* The store's own texts */

/* Calculator */

/* Statistics */

/* Deposits */

/* Store settings */

/* Admins and logs */
