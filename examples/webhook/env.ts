const { TOPIC_ARN = "", SNS_HOST, PORT = "8080" } = process.env;

/** The output `topicArn` of the fleet's deployment. */
export const topicArn = TOPIC_ARN;
/** Host and port of SNS, where it is not AWS's. */
export const host = SNS_HOST;
export const port = Number(PORT);
