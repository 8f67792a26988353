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
TEXT(WIZARD_ABOUT, "wizard_about", "judul isi")
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
TEXT(TEXTS_HOME, "texts_home", "jumlah")
TEXT(TEXTS_BROKEN, "texts_broken", "produk jumlah")
TEXT(TEXTS_GROUP, "texts_group", "judul baris")
TEXT(TEXTS_LINE, "texts_line", "nomor nama isi")
TEXT(TEXTS_LINE_OWN, "texts_line_own", "nomor nama isi")
TEXT(TEXT_PAGE, "text_page", "nama daftar isi contoh")
TEXT(TEXT_PAGE_OWN, "text_page_own", "nama daftar isi contoh")
TEXT(TEXT_TITLE, "text_title", "")
TEXT(TEXT_ASK, "text_ask", "")
TEXT(TEXT_ASK_PICTURE, "text_ask_picture", "")
TEXT(TEXT_PREVIEW, "text_preview", "contoh")
TEXT(TEXT_SAVED, "text_saved", "nama")
TEXT(TEXT_HISTORY, "text_history", "nama baris")
TEXT(TEXT_HISTORY_LINE, "text_history_line", "nomor tanggal admin isi")
TEXT(TEXT_VERSION, "text_version", "nama tanggal isi")
TEXT(TEXT_BROKEN, "text_broken", "nama alasan")
TEXT(TEXT_WHY_EMPTY, "text_why_empty", "isi daftar")
TEXT(TEXT_WHY_ENCODING, "text_why_encoding", "isi daftar")
TEXT(TEXT_WHY_BRACE, "text_why_brace", "isi daftar")
TEXT(TEXT_WHY_PLACEHOLDER, "text_why_placeholder", "isi daftar")
TEXT(TEXT_WHY_MARKUP, "text_why_markup", "isi daftar")
TEXT(TEXT_WHY_LENGTH, "text_why_length", "isi daftar")
TEXT(TEXT_WHY_TAKEN, "text_why_taken", "")
TEXT(TEXTS_FILE, "texts_file", "store_name tanggal")
TEXT(TEXTS_IMPORT_TITLE, "texts_import_title", "")
TEXT(TEXTS_IMPORT_ASK, "texts_import_ask", "")
TEXT(TEXTS_IMPORT_SURE, "texts_import_sure", "")
TEXT(TEXTS_IMPORT_STARTED, "texts_import_started", "")
TEXT(TEXTS_IMPORT_DONE, "texts_import_done", "jumlah sama lewat")
TEXT(TEXTS_IMPORT_FAULTS, "texts_import_faults", "baris")
TEXT(TEXTS_IMPORT_FAULT, "texts_import_fault", "nomor nama alasan")
TEXT(TEXTS_IMPORT_GONE, "texts_import_gone", "")
TEXT(TEXTS_IMPORT_LONG, "texts_import_long", "jumlah")
TEXT(TEXTS_IMPORT_CHANGED, "texts_import_changed", "")
TEXT(TEXTS_WHY_SYNTAX, "texts_why_syntax", "")
TEXT(TEXTS_WHY_UNKNOWN, "texts_why_unknown", "")
TEXT(TEXTS_WHY_VALUE, "texts_why_value", "")
PLAIN(TEXTS_IMPORT_FILE, "texts_import_file", "")
PLAIN(TEXT_BY_DEFAULT, "text_by_default", "")
PLAIN(BUTTON_TEXTS_EXPORT, "button_texts_export", "")
PLAIN(BUTTON_TEXTS_IMPORT, "button_texts_import", "")
PLAIN(BUTTON_TEXT_EDIT, "button_text_edit", "")
PLAIN(BUTTON_TEXT_SAMPLE, "button_text_sample", "")
PLAIN(BUTTON_TEXT_PICTURE, "button_text_picture", "")
PLAIN(BUTTON_TEXT_NO_PICTURE, "button_text_no_picture", "")
PLAIN(BUTTON_TEXT_WELCOME, "button_text_welcome", "")
PLAIN(BUTTON_TEXT_RESET, "button_text_reset", "")
PLAIN(BUTTON_TEXT_HISTORY, "button_text_history", "")
PLAIN(BUTTON_TEXT_USE_AGAIN, "button_text_use_again", "")
PLAIN(ALERT_TEXT_SAMPLE, "alert_text_sample", "")
PLAIN(GROUP_START, "group_start", "")
PLAIN(GROUP_BALANCE, "group_balance", "")
PLAIN(GROUP_DEPOSIT, "group_deposit", "")
PLAIN(GROUP_BROWSING, "group_browsing", "")
PLAIN(GROUP_CART, "group_cart", "")
PLAIN(GROUP_COUPONS, "group_coupons", "")
PLAIN(GROUP_INVOICE, "group_invoice", "")
PLAIN(GROUP_DELIVERY, "group_delivery", "")
PLAIN(GROUP_PURCHASES, "group_purchases", "")
PLAIN(GROUP_DECIDED, "group_decided", "")
PLAIN(GROUP_TERMS, "group_terms", "")
PLAIN(GROUP_ADMINS, "group_admins", "")
PLAIN(GROUP_ALERTS, "group_alerts", "")
PLAIN(GROUP_LABELS, "group_labels", "")
PLAIN(GROUP_BUTTONS, "group_buttons", "")
PLAIN(SAMPLE_NAME, "sample_name", "")
PLAIN(SAMPLE_PRODUCT, "sample_product", "")
PLAIN(SAMPLE_CATEGORY, "sample_category", "")
PLAIN(SAMPLE_LINES, "sample_lines", "")
PLAIN(SAMPLE_CONTENT, "sample_content", "")
PLAIN(SAMPLE_DESCRIPTION, "sample_description", "")
PLAIN(SAMPLE_TERMS, "sample_terms", "")
PLAIN(SAMPLE_REASON, "sample_reason", "")
PLAIN(SAMPLE_PERSON, "sample_person", "")
PLAIN(SAMPLE_TRANSFER, "sample_transfer", "")

/* Calculator */

/* Statistics */

/* Deposits */

/* Store settings */

/* Admins and logs */
