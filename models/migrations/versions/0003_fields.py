"""Fields without code, and the customer file."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_GROUPS = (
    ("customer", "basic", "基本信息"),
    ("customer", "reach", "联系方式"),
    ("customer", "trade", "合作与采购"),
    ("customer", "more", "其他"),
    ("contact", "basic", "基本信息"),
    ("contact", "reach", "联系方式"),
    ("contact", "more", "其他"),
    ("deal", "basic", "基本信息"),
    ("deal", "more", "其他"),
    ("visit", "basic", "基本信息"),
    ("visit", "more", "其他"),
)
# object, group, key, label, kind, always, form of text, longest, help
_BUILT_IN = (
    ("customer", "basic", "name", "公司名称", "text", True, "name", 60, "营业执照上的全称，查重和报价都用它"),
    (
        "customer",
        "basic",
        "uscc",
        "统一社会信用代码",
        "text",
        False,
        "uscc",
        18,
        "18 位，营业执照右上角；填了就能准确查重",
    ),
    ("customer", "basic", "industry", "行业", "text", False, "", 64, "例如 水处理、通用机械"),
    ("customer", "basic", "level", "级别", "select", True, "", 16, ""),
    ("customer", "basic", "source", "来源", "select", True, "", 16, "客户是怎么来的，渠道效果按它统计"),
    ("customer", "basic", "campaign", "市场活动", "select", False, "", 20, "从哪次展会或活动来的"),
    ("customer", "basic", "parent", "上级公司", "company", False, "", 60, "母公司也是系统里的客户时填写"),
    ("customer", "reach", "phone", "公司电话", "text", False, "phone", 40, "总机或手机，例如 0512-65880000"),
    ("customer", "reach", "website", "网址", "text", False, "domain", 128, "公司网站，例如 example.com"),
    ("customer", "reach", "region", "地区", "region", False, "", 64, "省和市，例如 江苏苏州"),
    ("customer", "reach", "address", "地址", "text", False, "", 255, ""),
    (
        "customer",
        "trade",
        "cooperation_stage",
        "合作阶段",
        "select",
        True,
        "",
        16,
        "往前走一步之前，要填齐那一阶段必填的内容",
    ),
    ("customer", "trade", "procurement_cycle", "采购周期", "text", False, "", 64, "例如 每季度、年底集采"),
    ("customer", "trade", "annual_estimate", "年采购额", "money", False, "", 20, "一年大概能采购多少，例如 80万"),
    ("contact", "basic", "name", "姓名", "text", True, "", 64, ""),
    ("contact", "basic", "title", "职务", "text", False, "", 64, "例如 设备科长"),
    ("contact", "basic", "decision_role", "决策角色", "select", False, "", 16, "他在采购决定里说话的分量"),
    ("contact", "reach", "phone", "电话", "text", False, "phone", 32, "手机或带区号的座机"),
    ("contact", "reach", "email", "邮箱", "text", False, "email", 128, ""),
    ("contact", "more", "note", "备注", "long_text", False, "", 5000, ""),
    ("deal", "basic", "name", "商机名称", "text", True, "", 60, "例如 二期循环泵"),
    ("deal", "basic", "amount", "金额", "money", True, "", 20, "例如 80万"),
    ("visit", "basic", "report", "拜访小结", "long_text", False, "", 5000, ""),
)
_START = {
    ("customer", "level"): "normal",
    ("customer", "source"): "outreach",
    ("customer", "cooperation_stage"): "potential",
}
_OPTIONS = {
    ("customer", "level"): (("key", "重点客户"), ("normal", "普通客户"), ("small", "小客户")),
    ("customer", "source"): (
        ("event", "市场活动"),
        ("referral", "转介绍"),
        ("outreach", "主动开发"),
        ("wecom", "企业微信"),
    ),
    ("customer", "cooperation_stage"): (
        ("potential", "潜在"),
        ("intent", "意向"),
        ("trial", "试单"),
        ("partner", "合作"),
        ("dormant", "停滞"),
    ),
    ("contact", "decision_role"): (
        ("decider", "决策人"),
        ("influencer", "影响者"),
        ("user", "使用者"),
        ("buyer", "采购"),
        ("gatekeeper", "守门人"),
    ),
}


def _built_in() -> None:
    """The product's own fields are definitions like any other."""
    text, number, truth = sa.String(), sa.BigInteger(), sa.Boolean()
    groups = sa.table("field_group", *(sa.column(n, t) for n, t in (
        ("id", number), ("object_kind", text), ("key", text), ("label", text), ("position", number))))  # fmt: skip
    fields = sa.table("field_definition", *(sa.column(n, t) for n, t in (
        ("id", number), ("object_kind", text), ("key", text), ("label", text), ("kind", text), ("group_id", number),
        ("position", number), ("help", text), ("built_in", truth), ("always", truth), ("text_form", text),
        ("longest", number), ("starts_as", text), ("version", number))))  # fmt: skip
    options = sa.table("field_option", *(sa.column(n, t) for n, t in (
        ("field_id", number), ("key", text), ("label", text), ("position", number))))  # fmt: skip
    bind = op.get_bind()
    group_ids: dict[tuple[str, str], int] = {}
    for position, (kind, key, label) in enumerate(_GROUPS):
        row = {"object_kind": kind, "key": key, "label": label, "position": position}
        group_ids[kind, key] = bind.execute(sa.insert(groups).values(row).returning(groups.c.id)).scalar_one()
    for position, (of, group, key, label, kind, always, form, longest, hint) in enumerate(_BUILT_IN):
        row = {
            "object_kind": of, "key": key, "label": label, "kind": kind, "group_id": group_ids[of, group],
            "position": position, "help": hint, "built_in": True, "always": always, "text_form": form,
            "longest": longest, "starts_as": _START.get((of, key), ""), "version": 1,
        }  # fmt: skip
        field_id = bind.execute(sa.insert(fields).values(row).returning(fields.c.id)).scalar_one()
        for place, (choice, words) in enumerate(_OPTIONS.get((of, key), ())):
            chosen = {"field_id": field_id, "key": choice, "label": words, "position": place}
            bind.execute(sa.insert(options).values(chosen))


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_campaign_public_id")),
    )
    op.create_table(
        "field_group",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_group")),
        sa.UniqueConstraint("object_kind", "key", name=op.f("uq_field_group_object_kind_key")),
    )
    op.create_table(
        "field_definition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("help", sa.String(length=255), nullable=False),
        sa.Column("built_in", sa.Boolean(), nullable=False),
        sa.Column("always", sa.Boolean(), nullable=False),
        sa.Column("text_form", sa.String(length=16), nullable=False),
        sa.Column("longest", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_as", sa.String(length=40), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["field_group.id"], name=op.f("fk_field_definition_group_id_field_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_definition")),
        sa.UniqueConstraint("object_kind", "key", name=op.f("uq_field_definition_object_kind_key")),
    )
    op.create_table(
        "field_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_kind", sa.String(length=16), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entrance", sa.String(length=10), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_field_change_actor_id_person")),
        sa.ForeignKeyConstraint(
            ["field_id"], ["field_definition.id"], name=op.f("fk_field_change_field_id_field_definition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_change")),
    )
    with op.batch_alter_table("field_change", schema=None) as batch_op:
        batch_op.create_index("ix_field_change_object", ["object_kind", "object_id", "id"], unique=False)

    op.create_table(
        "field_option",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["field_id"], ["field_definition.id"], name=op.f("fk_field_option_field_id_field_definition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_option")),
        sa.UniqueConstraint("field_id", "key", name=op.f("uq_field_option_field_id_key")),
    )
    op.create_table(
        "field_requirement",
        sa.Column("field_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["field_id"], ["field_definition.id"], name=op.f("fk_field_requirement_field_id_field_definition")
        ),
        sa.PrimaryKeyConstraint("field_id", "stage", name=op.f("pk_field_requirement")),
    )
    op.create_table(
        "field_revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_field_revision_actor_id_person")),
        sa.ForeignKeyConstraint(
            ["field_id"], ["field_definition.id"], name=op.f("fk_field_revision_field_id_field_definition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_revision")),
        sa.UniqueConstraint("field_id", "version", name=op.f("uq_field_revision_field_id_version")),
    )
    op.create_table(
        "field_value",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_kind", sa.String(length=16), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.String(length=255), nullable=True),
        sa.Column("long_text", sa.Text(), nullable=True),
        sa.Column("number", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("option_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("attachment_id", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["field_id"], ["field_definition.id"], name=op.f("fk_field_value_field_id_field_definition")
        ),
        sa.ForeignKeyConstraint(["option_id"], ["field_option.id"], name=op.f("fk_field_value_option_id_field_option")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_field_value_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_value")),
        sa.UniqueConstraint(
            "object_kind",
            "object_id",
            "field_id",
            "item",
            name=op.f("uq_field_value_object_kind_object_id_field_id_item"),
        ),
    )
    with op.batch_alter_table("field_value", schema=None) as batch_op:
        batch_op.create_index(
            "ix_field_value_day",
            ["field_id", "day", "object_id"],
            unique=False,
            sqlite_where=sa.text("day IS NOT NULL"),
            postgresql_where=sa.text("day IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_field_value_number",
            ["field_id", "number", "object_id"],
            unique=False,
            sqlite_where=sa.text("number IS NOT NULL"),
            postgresql_where=sa.text("number IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_field_value_option_id",
            ["field_id", "option_id", "object_id"],
            unique=False,
            sqlite_where=sa.text("option_id IS NOT NULL"),
            postgresql_where=sa.text("option_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_field_value_person_id",
            ["field_id", "person_id", "object_id"],
            unique=False,
            sqlite_where=sa.text("person_id IS NOT NULL"),
            postgresql_where=sa.text("person_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_field_value_text",
            ["field_id", "text", "object_id"],
            unique=False,
            sqlite_where=sa.text("text IS NOT NULL"),
            postgresql_where=sa.text("text IS NOT NULL"),
        )

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(length=128), server_default="", nullable=False))
        batch_op.add_column(sa.Column("decision_role", sa.String(length=16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("retired_at", sa.DateTime(), nullable=True))

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("website", sa.String(length=128), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("cooperation_stage", sa.String(length=16), server_default="potential", nullable=False)
        )
        batch_op.add_column(sa.Column("procurement_cycle", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("annual_estimate", sa.Numeric(precision=15, scale=2), nullable=True))
        batch_op.add_column(
            sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_index("ix_customer_annual_estimate", ["annual_estimate"], unique=False)
        batch_op.create_index("ix_customer_by_name", ["pinyin", "name", "name_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_campaign_id"), ["campaign_id"], unique=False)
        batch_op.create_index("ix_customer_cooperation_stage", ["cooperation_stage"], unique=False)
        batch_op.create_index("ix_customer_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_customer_industry", ["industry"], unique=False)
        batch_op.create_index("ix_customer_last_activity_at", ["last_activity_at"], unique=False)
        batch_op.create_index("ix_customer_level", ["level"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index("ix_customer_region", ["region"], unique=False)
        batch_op.create_index("ix_customer_source", ["source"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_customer_campaign_id_campaign"), "campaign", ["campaign_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_customer_parent_id_customer"), "customer", ["parent_id"], ["id"])

    _built_in()


def downgrade() -> None:
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_customer_parent_id_customer"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_customer_campaign_id_campaign"), type_="foreignkey")
        batch_op.drop_index("ix_customer_source")
        batch_op.drop_index("ix_customer_region")
        batch_op.drop_index(batch_op.f("ix_customer_parent_id"))
        batch_op.drop_index("ix_customer_level")
        batch_op.drop_index("ix_customer_last_activity_at")
        batch_op.drop_index("ix_customer_industry")
        batch_op.drop_index("ix_customer_created_at")
        batch_op.drop_index("ix_customer_cooperation_stage")
        batch_op.drop_index(batch_op.f("ix_customer_campaign_id"))
        batch_op.drop_index("ix_customer_by_name")
        batch_op.drop_index("ix_customer_annual_estimate")
        batch_op.drop_column("parent_id")
        batch_op.drop_column("campaign_id")
        batch_op.drop_column("annual_estimate")
        batch_op.drop_column("procurement_cycle")
        batch_op.drop_column("cooperation_stage")
        batch_op.drop_column("website")
        batch_op.drop_column("phone")

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_column("retired_at")
        batch_op.drop_column("decision_role")
        batch_op.drop_column("email")

    with op.batch_alter_table("field_value", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_field_value_text",
            sqlite_where=sa.text("text IS NOT NULL"),
            postgresql_where=sa.text("text IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_field_value_person_id",
            sqlite_where=sa.text("person_id IS NOT NULL"),
            postgresql_where=sa.text("person_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_field_value_option_id",
            sqlite_where=sa.text("option_id IS NOT NULL"),
            postgresql_where=sa.text("option_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_field_value_number",
            sqlite_where=sa.text("number IS NOT NULL"),
            postgresql_where=sa.text("number IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_field_value_day", sqlite_where=sa.text("day IS NOT NULL"), postgresql_where=sa.text("day IS NOT NULL")
        )

    op.drop_table("field_value")
    op.drop_table("field_revision")
    op.drop_table("field_requirement")
    op.drop_table("field_option")
    with op.batch_alter_table("field_change", schema=None) as batch_op:
        batch_op.drop_index("ix_field_change_object")

    op.drop_table("field_change")
    op.drop_table("field_definition")
    op.drop_table("field_group")
    op.drop_table("campaign")
