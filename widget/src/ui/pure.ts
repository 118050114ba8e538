import { Component, type ComponentChild, type ComponentClass } from "preact";

/** A component that renders again only when one of its props is another value. */
export function pure<Props extends object>(render: (props: Props) => ComponentChild): ComponentClass<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const keys = Object.keys(next) as (keyof Props)[];
      return keys.some((key) => next[key] !== this.props[key]);
    }

    override render(): ComponentChild {
      return render(this.props);
    }
  };
}
