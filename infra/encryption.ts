import { KMS_DELETION_DAYS } from "./numbers.ts";
import { retained, settings } from "./stage.ts";

/** The stage's own key, where KMS was chosen. Without it nothing that is kept can be read. */
export const key =
  settings.encryption === "kms"
    ? new aws.kms.Key(
        "Key",
        {
          description: `${$app.name} ${$app.stage}: sources and renditions`,
          enableKeyRotation: true,
          deletionWindowInDays: KMS_DELETION_DAYS,
        },
        { retainOnDelete: retained },
      )
    : undefined;
