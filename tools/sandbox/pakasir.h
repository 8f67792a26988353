/* Pakasir's API, version 2, and its pay page. What its documents leave open is decided on the strict side. */
#pragma once

struct web_request;

/* /api/v2/… */
void pakasir_on_request(struct web_request *request, void *context);
/* /pay-v2/{txn_id} */
void pakasir_on_page(struct web_request *request, void *context);
