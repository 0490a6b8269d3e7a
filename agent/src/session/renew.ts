import { type Clock, fail, ok, type Result } from "@breakwater/shared/core";
import { EnrollmentService } from "@breakwater/shared/wire";
import { channelCredentials, channelOptions } from "./channel.ts";
import { type EnrolledIdentity, writeIdentity } from "./enrolled-identity.ts";
import { newKeyAndRequest } from "./keys.ts";

const CALL_DEADLINE_MS = 20_000;

/** Gets a new certificate for a new key, over mTLS with the present one, and writes both down. */
export async function renew(stateDir: string, identity: EnrolledIdentity, clock: Clock): Promise<Result<EnrolledIdentity>> {
  const { privateKeyPem, csr } = await newKeyAndRequest(identity.name);
  const client = new EnrollmentService(
    identity.sessionAddress,
    channelCredentials(identity.sessionAddress, identity.trustBundlePem, identity),
    channelOptions(identity.sessionAddress),
  );
  const answer = await new Promise<Result<EnrolledIdentity>>((resolve) => {
    client.renew({ csr }, { deadline: clock.now() + CALL_DEADLINE_MS }, (error, response) => {
      if (response)
        resolve(
          ok({
            ...identity,
            privateKeyPem,
            certificatePem: response.certificate,
            trustBundlePem: response.trustBundle || identity.trustBundlePem,
          }),
        );
      else resolve(fail({ code: "renewal-failed", message: `The certificate could not be renewed: ${error?.details ?? "no answer"}` }));
    });
  });
  client.close();
  if (answer.ok) await writeIdentity(stateDir, answer.value);
  return answer;
}
