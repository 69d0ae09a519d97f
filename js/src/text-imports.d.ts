declare module "*.css?inline" {
  const text: string;
  export default text;
}

declare module "*.ts?script" {
  const text: string;
  export default text;
}
