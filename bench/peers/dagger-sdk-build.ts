// The program of a person who knows only Dagger's SDK: build a folder's Dockerfile, push the image, print its digest.
import { connect } from "@dagger.io/dagger";

const [folder = "", image = ""] = process.argv.slice(2);

await connect(async (client) => {
  const container = client
    .host()
    .directory(folder, { exclude: [".git"] })
    .dockerBuild();
  await container.sync();
  console.log(await container.publish(image));
});
