;; A walk over a chain mixes up the element and its child
;; expect: OK
;; contract: block Leaf { n: i32; }
;; contract: block Link { n: i32; leaf: Leaf; next: Link; }
(module
  (import "singula/Link" "new" (func $Link.new (result externref)))
  (import "singula/Link" "next.put" (func $Link.next.put (param externref externref)))
  (import "singula/Link" "leaf.take" (func $Link.leaf.take (param externref) (result externref)))
  (import "singula/Leaf" "n.get" (func $Leaf.n.get (param externref) (result i32)))
  (import "singula/Leaf" "free" (func $Leaf.free (param externref)))
  (import "singula/Link" "n.get" (func $Link.n.get (param externref) (result i32)))
  (import "singula/Link" "next.take" (func $Link.next.take (param externref) (result externref)))
  (import "singula/Link" "free" (func $Link.free (param externref)))
  (func $main (export "main") (local $link externref) (local $leaf externref) (local $next externref) (local $sum i32)
    (local.set $link (call $Link.new))
    (call $Link.next.put (local.get $link) (call $Link.new))
    (block $done
      (loop $walk
        (br_if $done (ref.is_null (local.get $link)))
        (if (i32.eqz (ref.is_null (local.tee $leaf (call $Link.leaf.take (local.get $link)))))
          (then (local.set $sum (i32.add (local.get $sum) (call $Leaf.n.get (local.get $leaf))))
                (call $Leaf.free (local.get $leaf))))
        (local.set $sum (i32.add (local.get $sum) (call $Link.n.get (local.get $link))))
        (local.set $next (call $Link.next.take (local.get $link)))
        (call $Link.free (local.get $link))
        (local.set $link (local.get $next))
        (br $walk)))))
