/* Backups in an S3-compatible store: what the configuration says of it (backup.s3.*), for all targets
 * "s3://…". */
#pragma once

#include <stddef.h>

#include "tenants/config.h"

/* Before the first target is opened; borrowed for as long as there are targets. `part_bytes` of a multipart
 * upload; 0: 16 MiB. NULL: none is configured, and opening one is refused. */
void s3_configure(const struct s3_config *config, size_t part_bytes);
